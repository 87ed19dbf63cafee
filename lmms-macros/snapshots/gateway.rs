/// The home.
pub struct SmartHome {
    __core: ::lmms::__private::Core,
}
#[automatically_derived]
#[allow(
    dead_code,
    deprecated,
    unused_variables,
    unused_mut,
    rustdoc::all,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl SmartHome {
    /// All modules and operations behind this gateway.
    pub const REGISTRY: &'static ::lmms::Registry = <Self as ::lmms::Gateway>::REGISTRY;
    /// Starts to open the gateway.
    pub fn builder() -> ::lmms::Builder<Self> {
        ::lmms::Builder::new()
    }
    ///The operations of interface `debug`, served by `lights`.
    #[inline]
    pub fn debug(&self) -> SmartHomeDebug<'_> {
        SmartHomeDebug {
            __core: &self.__core,
        }
    }
    ///The operations of interface `lights`, served by `lights`.
    #[inline]
    pub fn lights(&self) -> SmartHomeLights<'_> {
        SmartHomeLights {
            __core: &self.__core,
        }
    }
    /// Calls an operation by its name, with arguments by name in a JSON object.
    ///
    /// # Errors
    /// Those of the typed call, the operation's own error as JSON; and unknown names and arguments that don't
    /// fit.
    pub fn execute_operation(
        &self,
        interface: &::core::primitive::str,
        operation: &::core::primitive::str,
        kwargs: ::lmms::serde_json::Value,
    ) -> ::core::result::Result<
        ::lmms::serde_json::Value,
        ::lmms::CallError<::lmms::serde_json::Value>,
    > {
        ::lmms::__private::by_name(self, interface, operation, kwargs)
    }
}
#[automatically_derived]
#[allow(
    dead_code,
    deprecated,
    unused_variables,
    unused_mut,
    rustdoc::all,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl SmartHome {
    #[inline(never)]
    fn __lmms_by_name_0(
        &self,
        kwargs: &mut ::lmms::__private::Kwargs,
    ) -> ::core::result::Result<
        ::lmms::serde_json::Value,
        ::lmms::CallError<::lmms::serde_json::Value>,
    > {
        match kwargs.operation().form() {
            0usize => {
                type __LmmsReturned = ();
                type __LmmsThunk = fn() -> ::lmms::__private::CallOutcome<
                    __LmmsReturned,
                >;
                let operation = kwargs.finish()?;
                ::lmms::__private::json::<
                    __LmmsReturned,
                >(unsafe {
                    ::lmms::__private::call_dynamic::<
                        __LmmsThunk,
                        __LmmsReturned,
                    >(
                        &self.__core,
                        operation,
                        { move |thunk: __LmmsThunk, _: &::lmms::Context| thunk() },
                    )
                })
            }
            1usize => {
                type __LmmsReturned = ::std::vec::Vec<::home_types::Device>;
                type __LmmsThunk = fn(
                    ::core::option::Option<&::core::primitive::str>,
                    &[::core::primitive::u8],
                ) -> ::lmms::__private::CallOutcome<__LmmsReturned>;
                let room: ::core::option::Option<::std::string::String> = kwargs
                    .argument()?;
                let kinds: ::std::vec::Vec<::core::primitive::u8> = kwargs.argument()?;
                let operation = kwargs.finish()?;
                let room: ::core::option::Option<&::core::primitive::str> = room
                    .as_deref();
                let kinds: &[::core::primitive::u8] = &kinds;
                ::lmms::__private::json::<
                    __LmmsReturned,
                >(unsafe {
                    ::lmms::__private::call_dynamic_cached::<
                        __LmmsThunk,
                        __LmmsReturned,
                    >(
                        &self.__core,
                        operation,
                        |key: &mut ::lmms::__private::KeyBuilder| {
                            key.bytes(
                                &[
                                    ::core::primitive::u8::from(
                                        ::core::option::Option::is_some(&room),
                                    ),
                                ],
                            );
                            if let ::core::option::Option::Some(value) = room {
                                key.text(value);
                            }
                            key.byte_slice(kinds);
                        },
                        {
                            move |thunk: __LmmsThunk, _: &::lmms::Context| thunk(
                                room,
                                kinds,
                            )
                        },
                    )
                })
            }
            2usize => {
                type __LmmsReturned = ::core::result::Result<(), ::std::string::String>;
                type __LmmsThunk = fn(
                    &::lmms::Context,
                    &::home_types::Device,
                    ::core::primitive::u8,
                ) -> ::lmms::__private::CallOutcome<__LmmsReturned>;
                let device: ::home_types::Device = kwargs.argument()?;
                let r#type: ::core::primitive::u8 = kwargs.argument()?;
                let operation = kwargs.finish()?;
                ::lmms::__private::json::<
                    __LmmsReturned,
                >(unsafe {
                    ::lmms::__private::call_dynamic::<
                        __LmmsThunk,
                        __LmmsReturned,
                    >(
                        &self.__core,
                        operation,
                        {
                            let device = &device;
                            move |thunk: __LmmsThunk, context: &::lmms::Context| thunk(
                                context,
                                device,
                                r#type,
                            )
                        },
                    )
                })
            }
            _ => ::core::unreachable!("a form of another piece"),
        }
    }
    #[inline(never)]
    fn __lmms_describe_0(
        form: ::core::primitive::usize,
        types: &mut ::lmms::__private::FormSchema,
    ) {
        #[allow(unused_imports)]
        use ::lmms::__private::Unportable as _;
        match form {
            0usize => {
                ::lmms::__private::Probe::<()>::returned(types);
            }
            1usize => {
                ::lmms::__private::Probe::<
                    ::core::option::Option<::std::string::String>,
                >::argument(types);
                ::lmms::__private::Probe::<
                    ::std::vec::Vec<::core::primitive::u8>,
                >::argument(types);
                ::lmms::__private::Probe::<
                    ::std::vec::Vec<::home_types::Device>,
                >::returned(types);
            }
            2usize => {
                ::lmms::__private::Probe::<::home_types::Device>::argument(types);
                ::lmms::__private::Probe::<::core::primitive::u8>::argument(types);
                ::lmms::__private::Probe::<
                    ::core::result::Result<(), ::std::string::String>,
                >::returned(types);
            }
            _ => ::core::unreachable!("a form of another piece"),
        }
    }
}
#[automatically_derived]
#[allow(
    dead_code,
    deprecated,
    unused_variables,
    unused_mut,
    rustdoc::all,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl ::core::fmt::Debug for SmartHome {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.debug_struct("SmartHome").finish_non_exhaustive()
    }
}
#[automatically_derived]
#[allow(
    dead_code,
    deprecated,
    unused_variables,
    unused_mut,
    rustdoc::all,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl ::core::ops::Deref for SmartHome {
    type Target = ::lmms::Runtime;
    #[inline]
    fn deref(&self) -> &::lmms::Runtime {
        self.__core.runtime()
    }
}
#[automatically_derived]
#[allow(
    dead_code,
    deprecated,
    unused_variables,
    unused_mut,
    rustdoc::all,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
unsafe impl ::lmms::Gateway for SmartHome {
    const REGISTRY: &'static ::lmms::Registry = {
        static __LMMS_REGISTRY: ::lmms::Registry = ::lmms::Registry {
            gateway: "SmartHome",
            modules: &[
                ::lmms::ModuleInfo {
                    name: "lights",
                    entry: "lmms_module_lights",
                    first: 0u32,
                    count: 3u32,
                    pinned: true,
                },
            ],
            tables: ::lmms::__private::Tables {
                text: "()debugdumpAll lights.(room: Option<&str>, kinds: &[u8]) -> Vec<Device>Vec<Device>roomOption<&str>kinds&[u8]lightslistSwitches on.(cx: &Context, device: Device, r#type: u8) -> Result<(), String>Result<(), String>deviceDevicetypeu8turn_on",
                rows: &[
                    ::lmms::__private::Row {
                        interface: [2u32, 7u32],
                        name: [7u32, 11u32],
                        module: 0u32,
                        details: 0u32,
                        cache: 0u32,
                        form: 0u32,
                        parameters: 0u16,
                        optional: 0u16,
                        pinned: true,
                        context: false,
                        deprecated: false,
                        hidden: false,
                    },
                    ::lmms::__private::Row {
                        interface: [108u32, 114u32],
                        name: [114u32, 118u32],
                        module: 0u32,
                        details: 3u32,
                        cache: 1u32,
                        form: 1u32,
                        parameters: 2u16,
                        optional: 1u16,
                        pinned: false,
                        context: false,
                        deprecated: false,
                        hidden: false,
                    },
                    ::lmms::__private::Row {
                        interface: [108u32, 114u32],
                        name: [230u32, 237u32],
                        module: 0u32,
                        details: 10u32,
                        cache: 0u32,
                        form: 2u32,
                        parameters: 2u16,
                        optional: {
                            #[allow(unused_imports)]
                            use ::lmms::__private::Unportable as _;
                            0u16
                                | (::lmms::__private::Probe::<
                                    ::home_types::Device,
                                >::OPTIONAL as ::core::primitive::u16) << 0usize
                        },
                        pinned: false,
                        context: true,
                        deprecated: false,
                        hidden: false,
                    },
                ],
                fingerprints: &[
                    {
                        const __LMMS_PIECE: [::core::primitive::u64; 32usize] = ::lmms::__private::Tables::piece([
                            ::lmms::__private::Signature::new("debug", "dump", false)
                                .result(<() as ::lmms::Portable>::SHAPE),
                            {
                                #[allow(unused_imports)]
                                use ::lmms::__private::Unportable as _;
                                ::lmms::__private::Signature::new("lights", "list", false)
                                    .argument(
                                        "room",
                                        ::lmms::__private::Pass::OptionStr,
                                        <::std::string::String as ::lmms::Portable>::SHAPE,
                                    )
                                    .argument(
                                        "kinds",
                                        ::lmms::__private::Pass::Slice,
                                        <::core::primitive::u8 as ::lmms::Portable>::SHAPE,
                                    )
                                    .result({
                                        const __LMMS_SHAPE: ::lmms::__private::Shape = match ::lmms::__private::Probe::<
                                            ::std::vec::Vec<::home_types::Device>,
                                        >::SHAPE {
                                            ::core::option::Option::Some(shape) => shape,
                                            ::core::option::Option::None => {
                                                ::core::panic!(
                                                    "the result of operation `lights.list` (module `lights`, modules/lights/src/lib.rs:6) can't cross the boundary between application and module, as `Vec<Device>` is not `Portable`: derive `lmms::Portable` for what it is made of, or use an owned standard type such as `String` or `Vec<u8>`"
                                                )
                                            }
                                        };
                                        __LMMS_SHAPE
                                    })
                            },
                            {
                                #[allow(unused_imports)]
                                use ::lmms::__private::Unportable as _;
                                ::lmms::__private::Signature::new("lights", "turn_on", true)
                                    .argument(
                                        "device",
                                        ::lmms::__private::Pass::Copy,
                                        {
                                            const __LMMS_SHAPE: ::lmms::__private::Shape = match ::lmms::__private::Probe::<
                                                ::home_types::Device,
                                            >::SHAPE {
                                                ::core::option::Option::Some(shape) => shape,
                                                ::core::option::Option::None => {
                                                    ::core::panic!(
                                                        "the argument `device` of operation `lights.turn_on` (module `lights`, modules/lights/src/lib.rs:9) can't cross the boundary between application and module, as `Device` is not `Portable`: derive `lmms::Portable` for what it is made of, or use an owned standard type such as `String` or `Vec<u8>`"
                                                    )
                                                }
                                            };
                                            __LMMS_SHAPE
                                        },
                                    )
                                    .argument(
                                        "type",
                                        ::lmms::__private::Pass::Value,
                                        <::core::primitive::u8 as ::lmms::Portable>::SHAPE,
                                    )
                                    .result(
                                        <::core::result::Result<
                                            (),
                                            ::std::string::String,
                                        > as ::lmms::Portable>::SHAPE,
                                    )
                            },
                        ]);
                        __LMMS_PIECE
                    },
                ],
                details: &[
                    [0u32, 0u32],
                    [0u32, 2u32],
                    [0u32, 2u32],
                    [11u32, 22u32],
                    [22u32, 71u32],
                    [71u32, 82u32],
                    [82u32, 86u32],
                    [86u32, 98u32],
                    [98u32, 103u32],
                    [103u32, 108u32],
                    [118u32, 130u32],
                    [130u32, 194u32],
                    [194u32, 212u32],
                    [212u32, 218u32],
                    [218u32, 224u32],
                    [224u32, 228u32],
                    [228u32, 230u32],
                ],
                names: &[1u32, 0u32, 0u32, 2u32, 3u32, 0u32, 0u32, 0u32],
                caches: &[
                    ::lmms::CacheInfo {
                        ttl: ::core::time::Duration::from_nanos(30000000000u64),
                        share: ::lmms::__private::share::<
                            ::std::vec::Vec<::home_types::Device>,
                        >,
                        view: ::lmms::__private::view::<
                            ::std::vec::Vec<::home_types::Device>,
                        >,
                    },
                ],
            },
        };
        &__LMMS_REGISTRY
    };
    unsafe fn from_core(core: ::lmms::__private::Core) -> Self {
        Self { __core: core }
    }
    #[inline]
    fn core(&self) -> &::lmms::__private::Core {
        &self.__core
    }
    fn by_name(
        &self,
        kwargs: &mut ::lmms::__private::Kwargs,
    ) -> ::core::result::Result<
        ::lmms::serde_json::Value,
        ::lmms::CallError<::lmms::serde_json::Value>,
    > {
        match kwargs.operation().form() / 32usize {
            0usize => self.__lmms_by_name_0(kwargs),
            _ => ::core::unreachable!("no such form"),
        }
    }
    fn describe(
        form: ::core::primitive::usize,
        types: &mut ::lmms::__private::FormSchema,
    ) {
        match form / 32usize {
            0usize => Self::__lmms_describe_0(form, types),
            _ => ::core::unreachable!("no such form"),
        }
    }
}
///The operations of interface `debug`.
#[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
#[allow(non_camel_case_types)]
pub struct SmartHomeDebug<'g> {
    __core: &'g ::lmms::__private::Core,
}
#[automatically_derived]
#[allow(
    dead_code,
    deprecated,
    unused_variables,
    unused_mut,
    rustdoc::all,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl<'g> SmartHomeDebug<'g> {
    /// Loads the modules of this interface and keeps them loaded: calls through the returned handle cost what
    /// a call through a function pointer costs. For many calls in a row on one thread.
    ///
    /// # Errors
    /// A module can't be loaded.
    pub fn pin(
        &self,
    ) -> ::core::result::Result<SmartHomeDebugPinned<'g>, ::lmms::Error> {
        let core = self.__core;
        ::core::result::Result::Ok(SmartHomeDebugPinned {
            __pins: [::lmms::__private::Pin::new(core, 0usize)?],
        })
    }
    /// Loads the modules of this interface and keeps them loaded while the guard lives, on any thread and
    /// across `.await`.
    ///
    /// # Errors
    /// A module can't be loaded.
    pub fn pin_owned(
        &self,
    ) -> ::core::result::Result<::lmms::OwnedGuard, ::lmms::Error> {
        ::lmms::__private::own(self.__core, &[0usize])
    }
    #[cfg_attr(not(doctest), doc = "Operation `debug.dump` of module `lights`.")]
    #[inline(always)]
    pub fn dump(&self) -> ::core::result::Result<(), ::lmms::CallError> {
        type __LmmsReturned = ();
        type __LmmsThunk = fn() -> ::lmms::__private::CallOutcome<__LmmsReturned>;
        ::lmms::__private::answer::<
            __LmmsReturned,
        >(unsafe {
            ::lmms::__private::call::<
                0usize,
                0usize,
                __LmmsThunk,
                __LmmsReturned,
            >(self.__core, { move |thunk: __LmmsThunk, _: &::lmms::Context| thunk() })
        })
    }
}
///The operations of interface `debug`, whose modules stay loaded as long as this lives.
#[derive(::core::fmt::Debug)]
#[allow(non_camel_case_types)]
pub struct SmartHomeDebugPinned<'g> {
    __pins: [::lmms::__private::Pin<'g>; 1usize],
}
#[automatically_derived]
#[allow(
    dead_code,
    deprecated,
    unused_variables,
    unused_mut,
    rustdoc::all,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl<'g> SmartHomeDebugPinned<'g> {
    #[cfg_attr(not(doctest), doc = "Operation `debug.dump` of module `lights`.")]
    #[inline(always)]
    pub fn dump(&self) -> ::core::result::Result<(), ::lmms::CallError> {
        type __LmmsReturned = ();
        type __LmmsThunk = fn() -> ::lmms::__private::CallOutcome<__LmmsReturned>;
        ::lmms::__private::answer::<
            __LmmsReturned,
        >(unsafe {
            self.__pins[0usize]
                .call::<
                    0usize,
                    __LmmsThunk,
                    __LmmsReturned,
                >({ move |thunk: __LmmsThunk, _: &::lmms::Context| thunk() })
        })
    }
}
///The operations of interface `lights`.
#[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
#[allow(non_camel_case_types)]
pub struct SmartHomeLights<'g> {
    __core: &'g ::lmms::__private::Core,
}
#[automatically_derived]
#[allow(
    dead_code,
    deprecated,
    unused_variables,
    unused_mut,
    rustdoc::all,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl<'g> SmartHomeLights<'g> {
    /// Loads the modules of this interface and keeps them loaded: calls through the returned handle cost what
    /// a call through a function pointer costs. For many calls in a row on one thread.
    ///
    /// # Errors
    /// A module can't be loaded.
    pub fn pin(
        &self,
    ) -> ::core::result::Result<SmartHomeLightsPinned<'g>, ::lmms::Error> {
        let core = self.__core;
        ::core::result::Result::Ok(SmartHomeLightsPinned {
            __pins: [::lmms::__private::Pin::new(core, 0usize)?],
        })
    }
    /// Loads the modules of this interface and keeps them loaded while the guard lives, on any thread and
    /// across `.await`.
    ///
    /// # Errors
    /// A module can't be loaded.
    pub fn pin_owned(
        &self,
    ) -> ::core::result::Result<::lmms::OwnedGuard, ::lmms::Error> {
        ::lmms::__private::own(self.__core, &[0usize])
    }
    /// The cached operations of this interface, with results that are shared with the cache instead of copied:
    /// a hit allocates nothing, however large the result is.
    #[inline]
    pub fn shared(&self) -> SmartHomeLightsShared<'g> {
        SmartHomeLightsShared {
            __core: self.__core,
        }
    }
    #[cfg_attr(
        not(doctest),
        doc = "All lights.\n\nOperation `lights.list` of module `lights`."
    )]
    #[inline]
    pub fn list(
        &self,
        room: ::core::option::Option<&::core::primitive::str>,
        kinds: &[::core::primitive::u8],
    ) -> ::core::result::Result<
        ::std::vec::Vec<::home_types::Device>,
        ::lmms::CallError,
    > {
        type __LmmsReturned = ::std::vec::Vec<::home_types::Device>;
        type __LmmsThunk = fn(
            ::core::option::Option<&::core::primitive::str>,
            &[::core::primitive::u8],
        ) -> ::lmms::__private::CallOutcome<__LmmsReturned>;
        ::lmms::__private::answer::<
            __LmmsReturned,
        >(unsafe {
            ::lmms::__private::call_cached::<
                0usize,
                1usize,
                __LmmsThunk,
                __LmmsReturned,
            >(
                self.__core,
                1usize,
                |key: &mut ::lmms::__private::KeyBuilder| {
                    key.bytes(
                        &[
                            ::core::primitive::u8::from(
                                ::core::option::Option::is_some(&room),
                            ),
                        ],
                    );
                    if let ::core::option::Option::Some(value) = room {
                        key.text(value);
                    }
                    key.byte_slice(kinds);
                },
                { move |thunk: __LmmsThunk, _: &::lmms::Context| thunk(room, kinds) },
            )
        })
    }
    #[cfg_attr(
        not(doctest),
        doc = "Switches on.\n\nOperation `lights.turn_on` of module `lights`."
    )]
    #[inline(always)]
    pub fn turn_on(
        &self,
        device: ::home_types::Device,
        r#type: ::core::primitive::u8,
    ) -> ::core::result::Result<(), ::lmms::CallError<::std::string::String>> {
        type __LmmsReturned = ::core::result::Result<(), ::std::string::String>;
        type __LmmsThunk = fn(
            &::lmms::Context,
            &::home_types::Device,
            ::core::primitive::u8,
        ) -> ::lmms::__private::CallOutcome<__LmmsReturned>;
        ::lmms::__private::answer::<
            __LmmsReturned,
        >(unsafe {
            ::lmms::__private::call::<
                0usize,
                2usize,
                __LmmsThunk,
                __LmmsReturned,
            >(
                self.__core,
                {
                    let device = &device;
                    move |thunk: __LmmsThunk, context: &::lmms::Context| thunk(
                        context,
                        device,
                        r#type,
                    )
                },
            )
        })
    }
}
///The cached operations of interface `lights`, whose results are shared with the cache.
#[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
#[allow(non_camel_case_types)]
pub struct SmartHomeLightsShared<'g> {
    __core: &'g ::lmms::__private::Core,
}
#[automatically_derived]
#[allow(
    dead_code,
    deprecated,
    unused_variables,
    unused_mut,
    rustdoc::all,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl<'g> SmartHomeLightsShared<'g> {
    #[cfg_attr(
        not(doctest),
        doc = "All lights.\n\nOperation `lights.list` of module `lights`."
    )]
    #[inline]
    pub fn list(
        &self,
        room: ::core::option::Option<&::core::primitive::str>,
        kinds: &[::core::primitive::u8],
    ) -> ::core::result::Result<
        ::lmms::Shared<::std::vec::Vec<::home_types::Device>>,
        ::lmms::CallError,
    > {
        type __LmmsReturned = ::std::vec::Vec<::home_types::Device>;
        type __LmmsThunk = fn(
            ::core::option::Option<&::core::primitive::str>,
            &[::core::primitive::u8],
        ) -> ::lmms::__private::CallOutcome<__LmmsReturned>;
        unsafe {
            ::lmms::__private::shared::<
                __LmmsReturned,
            >(
                ::lmms::__private::call_shared::<
                    0usize,
                    1usize,
                    __LmmsThunk,
                    __LmmsReturned,
                >(
                    self.__core,
                    1usize,
                    |key: &mut ::lmms::__private::KeyBuilder| {
                        key.bytes(
                            &[
                                ::core::primitive::u8::from(
                                    ::core::option::Option::is_some(&room),
                                ),
                            ],
                        );
                        if let ::core::option::Option::Some(value) = room {
                            key.text(value);
                        }
                        key.byte_slice(kinds);
                    },
                    { move |thunk: __LmmsThunk, _: &::lmms::Context| thunk(room, kinds) },
                ),
            )
        }
    }
}
///The operations of interface `lights`, whose modules stay loaded as long as this lives.
#[derive(::core::fmt::Debug)]
#[allow(non_camel_case_types)]
pub struct SmartHomeLightsPinned<'g> {
    __pins: [::lmms::__private::Pin<'g>; 1usize],
}
#[automatically_derived]
#[allow(
    dead_code,
    deprecated,
    unused_variables,
    unused_mut,
    rustdoc::all,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl<'g> SmartHomeLightsPinned<'g> {
    #[cfg_attr(
        not(doctest),
        doc = "All lights.\n\nOperation `lights.list` of module `lights`."
    )]
    #[inline]
    pub fn list(
        &self,
        room: ::core::option::Option<&::core::primitive::str>,
        kinds: &[::core::primitive::u8],
    ) -> ::core::result::Result<
        ::std::vec::Vec<::home_types::Device>,
        ::lmms::CallError,
    > {
        type __LmmsReturned = ::std::vec::Vec<::home_types::Device>;
        type __LmmsThunk = fn(
            ::core::option::Option<&::core::primitive::str>,
            &[::core::primitive::u8],
        ) -> ::lmms::__private::CallOutcome<__LmmsReturned>;
        ::lmms::__private::answer::<
            __LmmsReturned,
        >(unsafe {
            self.__pins[0usize]
                .call_cached::<
                    1usize,
                    __LmmsThunk,
                    __LmmsReturned,
                >(
                    1usize,
                    |key: &mut ::lmms::__private::KeyBuilder| {
                        key.bytes(
                            &[
                                ::core::primitive::u8::from(
                                    ::core::option::Option::is_some(&room),
                                ),
                            ],
                        );
                        if let ::core::option::Option::Some(value) = room {
                            key.text(value);
                        }
                        key.byte_slice(kinds);
                    },
                    { move |thunk: __LmmsThunk, _: &::lmms::Context| thunk(room, kinds) },
                )
        })
    }
    #[cfg_attr(
        not(doctest),
        doc = "Switches on.\n\nOperation `lights.turn_on` of module `lights`."
    )]
    #[inline(always)]
    pub fn turn_on(
        &self,
        device: ::home_types::Device,
        r#type: ::core::primitive::u8,
    ) -> ::core::result::Result<(), ::lmms::CallError<::std::string::String>> {
        type __LmmsReturned = ::core::result::Result<(), ::std::string::String>;
        type __LmmsThunk = fn(
            &::lmms::Context,
            &::home_types::Device,
            ::core::primitive::u8,
        ) -> ::lmms::__private::CallOutcome<__LmmsReturned>;
        ::lmms::__private::answer::<
            __LmmsReturned,
        >(unsafe {
            self.__pins[0usize]
                .call::<
                    2usize,
                    __LmmsThunk,
                    __LmmsReturned,
                >({
                    let device = &device;
                    move |thunk: __LmmsThunk, context: &::lmms::Context| thunk(
                        context,
                        device,
                        r#type,
                    )
                })
        })
    }
}
///The interfaces of [`SmartHome`].
#[derive(
    ::core::clone::Clone,
    ::core::marker::Copy,
    ::core::fmt::Debug,
    ::core::cmp::PartialEq,
    ::core::cmp::Eq,
    ::core::cmp::PartialOrd,
    ::core::cmp::Ord,
    ::core::hash::Hash,
)]
#[allow(non_camel_case_types)]
pub enum SmartHomeInterface {
    ///Interface `debug`.
    Debug,
    ///Interface `lights`.
    Lights,
}
#[automatically_derived]
#[allow(
    dead_code,
    deprecated,
    unused_variables,
    unused_mut,
    rustdoc::all,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl SmartHomeInterface {
    /// All interfaces, by name.
    pub const ALL: &'static [SmartHomeInterface] = &[
        SmartHomeInterface::Debug,
        SmartHomeInterface::Lights,
    ];
    /// The name that calls by name use.
    pub const fn name(self) -> &'static ::core::primitive::str {
        match self {
            SmartHomeInterface::Debug => "debug",
            SmartHomeInterface::Lights => "lights",
        }
    }
}
#[automatically_derived]
#[allow(
    dead_code,
    deprecated,
    unused_variables,
    unused_mut,
    rustdoc::all,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl ::core::fmt::Display for SmartHomeInterface {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.pad(self.name())
    }
}
#[automatically_derived]
#[allow(
    dead_code,
    deprecated,
    unused_variables,
    unused_mut,
    rustdoc::all,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl ::core::str::FromStr for SmartHomeInterface {
    type Err = ::lmms::Error;
    fn from_str(
        text: &::core::primitive::str,
    ) -> ::core::result::Result<Self, ::lmms::Error> {
        match Self::ALL.binary_search_by(|known| known.name().cmp(text)) {
            ::core::result::Result::Ok(index) => {
                ::core::result::Result::Ok(Self::ALL[index])
            }
            ::core::result::Result::Err(_) => {
                ::core::result::Result::Err(::lmms::Error::UnknownInterface {
                    interface: text.to_owned(),
                    similar: ::lmms::__private::similar(
                        text,
                        Self::ALL.iter().map(|known| known.name()),
                    ),
                })
            }
        }
    }
}
const _: &[&[u8]] = &[
    ::core::include_bytes!("$WORKSPACE/Cargo.lock"),
    ::core::include_bytes!("$WORKSPACE/Cargo.toml"),
    ::core::include_bytes!("$WORKSPACE/modules/lights/Cargo.toml"),
    ::core::include_bytes!("$WORKSPACE/modules/lights/src/lib.rs"),
];
