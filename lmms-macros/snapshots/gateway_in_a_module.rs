#[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
pub(crate) struct Peers<'c> {
    __context: &'c ::lmms::Context,
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
impl<'c> Peers<'c> {
    /// Calls go through the gateway that `cx` belongs to.
    #[inline]
    pub fn new(cx: &'c ::lmms::Context) -> Self {
        Self { __context: cx }
    }
    ///The operations of interface `lights`, served by `lights`.
    #[inline]
    pub fn lights(&self) -> PeersLights<'c> {
        PeersLights {
            __context: self.__context,
        }
    }
}
///The operations of interface `lights`.
#[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
#[allow(non_camel_case_types)]
pub(crate) struct PeersLights<'c> {
    __context: &'c ::lmms::Context,
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
impl<'c> PeersLights<'c> {
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
        >({
            static __LMMS_PEER: ::lmms::__private::Peer = ::lmms::__private::Peer::new(
                "lights",
                "list",
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
            );
            unsafe {
                __LMMS_PEER
                    .call::<
                        __LmmsThunk,
                        __LmmsReturned,
                    >(
                        self.__context,
                        ::core::option::Option::Some(
                            &|key: &mut ::lmms::__private::KeyBuilder| {
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
                        ),
                        { move |thunk: __LmmsThunk| thunk(room, kinds) },
                    )
            }
        })
    }
    #[cfg_attr(
        not(doctest),
        doc = "Switches on.\n\nOperation `lights.turn_on` of module `lights`."
    )]
    #[inline]
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
        >({
            static __LMMS_PEER: ::lmms::__private::Peer = ::lmms::__private::Peer::new(
                "lights",
                "turn_on",
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
            );
            unsafe {
                __LMMS_PEER
                    .call::<
                        __LmmsThunk,
                        __LmmsReturned,
                    >(
                        self.__context,
                        ::core::option::Option::None,
                        {
                            let device = &device;
                            move |thunk: __LmmsThunk| thunk(
                                self.__context,
                                device,
                                r#type,
                            )
                        },
                    )
            }
        })
    }
}
const _: &[&[u8]] = &[
    ::core::include_bytes!("$WORKSPACE/Cargo.lock"),
    ::core::include_bytes!("$WORKSPACE/Cargo.toml"),
    ::core::include_bytes!("$WORKSPACE/modules/lights/Cargo.toml"),
    ::core::include_bytes!("$WORKSPACE/modules/lights/src/lib.rs"),
];
