#[inline(never)]
pub(crate) fn clear(cx: &lmms::Context) {
    body()
}
#[doc(hidden)]
#[allow(deprecated, unused_must_use, clippy::all, clippy::pedantic, clippy::nursery)]
const _: () = {
    const __LMMS_FINGERPRINT: ::core::primitive::u64 = ::lmms::__private::Signature::new(
            "images",
            "clear",
            true,
        )
        .result(<() as ::lmms::Portable>::SHAPE);
    fn __lmms_thunk(context: &::lmms::Context) -> ::lmms::__private::CallOutcome<()> {
        ::lmms::__private::guarded(move || {
            clear(context);
        })
    }
    ::lmms::__private::inventory::submit! {
        unsafe { ::lmms::__private::Registration::new:: < () >
        (::core::env!("CARGO_PKG_NAME"), "images", "clear", "(cx: &lmms::Context)",
        __LMMS_FINGERPRINT, __lmms_thunk as fn (& ::lmms::Context) ->
        ::lmms::__private::CallOutcome < () > as * const (),) }
    }
};
