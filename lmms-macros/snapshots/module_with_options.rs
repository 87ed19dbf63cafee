#[doc(hidden)]
#[allow(clippy::all, clippy::pedantic, clippy::nursery)]
const _: () = {
    static __LMMS_RUNNING: ::core::sync::atomic::AtomicBool = ::core::sync::atomic::AtomicBool::new(
        false,
    );
    unsafe extern "C" fn __lmms_start(
        host: *const ::lmms::__private::Host,
        started: *mut ::lmms::__private::Started,
    ) -> ::lmms::__private::StartState {
        unsafe {
            ::lmms::__private::start(
                &__LMMS_RUNNING,
                ::core::env!("CARGO_PKG_NAME"),
                host,
                started,
            )
        }
    }
    unsafe extern "C" fn __lmms_veto(
        sink: ::lmms::__private::TextSink,
        target: *mut (),
    ) -> ::core::primitive::bool {
        unsafe {
            ::lmms::__private::veto(
                ::core::option::Option::Some(const {
                    let function: fn() -> ::core::option::Option<
                        ::std::string::String,
                    > = busy;
                    function
                }),
                sink,
                target,
            )
        }
    }
    unsafe extern "C" fn __lmms_shutdown() {
        ::lmms::__private::shutdown(
            ::core::option::Option::Some(const {
                let function: fn() = state::close;
                function
            }),
        )
    }
    static __LMMS_DESCRIPTOR: ::lmms::__private::Descriptor = ::lmms::__private::descriptor(
        ::lmms::__private::ModuleFacts {
            name: ::core::env!("CARGO_PKG_NAME"),
            version: ::core::env!("CARGO_PKG_VERSION"),
            operations: 0u32,
            dedicated_thread: true,
            has_shutdown: true,
        },
        __lmms_start,
        __lmms_veto,
        __lmms_shutdown,
    );
    #[unsafe(no_mangle)]
    pub extern "C" fn lmms_module_home_lights() -> *const ::lmms::__private::Descriptor {
        &raw const __LMMS_DESCRIPTOR
    }
};
