#[inline]
/// Scales a picture.
fn scale(
    image: &[u8],
    width: u32,
    name: &str,
    r#type: Kind,
    like: &Kind,
    title: Option<&str>,
    mask: Option<&[u8]>,
    frame: Option<&Kind>,
) -> Result<Vec<u8>, ImageError> {
    body()
}
#[doc(hidden)]
#[allow(deprecated, unused_must_use, clippy::all, clippy::pedantic, clippy::nursery)]
const _: () = {
    const __LMMS_FINGERPRINT: ::core::primitive::u64 = ::lmms::__private::Signature::new(
            "images",
            "thumbnail",
            false,
        )
        .argument(
            "image",
            ::lmms::__private::Pass::Slice,
            <u8 as ::lmms::Portable>::SHAPE,
        )
        .argument(
            "width",
            ::lmms::__private::Pass::Value,
            <u32 as ::lmms::Portable>::SHAPE,
        )
        .argument(
            "name",
            ::lmms::__private::Pass::Str,
            <::std::string::String as ::lmms::Portable>::SHAPE,
        )
        .argument(
            "type",
            ::lmms::__private::Pass::Copy,
            <Kind as ::lmms::Portable>::SHAPE,
        )
        .argument(
            "like",
            ::lmms::__private::Pass::Reference,
            <Kind as ::lmms::Portable>::SHAPE,
        )
        .argument(
            "title",
            ::lmms::__private::Pass::OptionStr,
            <::std::string::String as ::lmms::Portable>::SHAPE,
        )
        .argument(
            "mask",
            ::lmms::__private::Pass::OptionSlice,
            <u8 as ::lmms::Portable>::SHAPE,
        )
        .argument(
            "frame",
            ::lmms::__private::Pass::OptionReference,
            <Kind as ::lmms::Portable>::SHAPE,
        )
        .result(<Result<Vec<u8>, ImageError> as ::lmms::Portable>::SHAPE);
    fn __lmms_thunk(
        argument_0: &[u8],
        argument_1: u32,
        argument_2: &::core::primitive::str,
        argument_3: &Kind,
        argument_4: &Kind,
        argument_5: ::core::option::Option<&::core::primitive::str>,
        argument_6: ::core::option::Option<&[u8]>,
        argument_7: ::core::option::Option<&Kind>,
    ) -> ::lmms::__private::CallOutcome<Result<Vec<u8>, ImageError>> {
        ::lmms::__private::guarded(move || scale(
            argument_0,
            argument_1,
            argument_2,
            <Kind as ::lmms::Portable>::copy(argument_3),
            argument_4,
            argument_5,
            argument_6,
            argument_7,
        ))
    }
    ::lmms::__private::inventory::submit! {
        unsafe { ::lmms::__private::Registration::new:: < Result < Vec < u8 >, ImageError
        > > (::core::env!("CARGO_PKG_NAME"), "images", "thumbnail",
        "(image: &[u8], width: u32, name: &str, r#type: Kind, like: &Kind, title: Option<&str>, mask: Option<&[u8]>, frame: Option<&Kind>) -> Result<Vec<u8>, ImageError>",
        __LMMS_FINGERPRINT, __lmms_thunk as fn (& [u8], u32, & ::core::primitive::str, &
        Kind, & Kind, ::core::option::Option < & ::core::primitive::str >,
        ::core::option::Option < & [u8] >, ::core::option::Option < & Kind >) ->
        ::lmms::__private::CallOutcome < Result < Vec < u8 >, ImageError > > as * const
        (),) }
    }
};
