#[automatically_derived]
#[allow(deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
unsafe impl<__LmmsLevel: ::lmms::__private::Level> ::lmms::__private::Shaped<__LmmsLevel>
for Wrapped {
    const SHAPE: ::lmms::__private::Shape = ::lmms::__private::Shape::defined(
            ::lmms::__private::origin!(),
            "Wrapped",
        )
        .layout::<Self>()
        .field(
            "0",
            ::core::mem::offset_of!(Self, 0),
            <<String as ::lmms::Portable>::Itself<
                __LmmsLevel,
            > as ::lmms::__private::Shaped<__LmmsLevel>>::SHAPE,
        );
}
#[automatically_derived]
#[allow(deprecated, unused_variables, clippy::all, clippy::pedantic, clippy::nursery)]
unsafe impl ::lmms::Portable for Wrapped {
    type Itself<__LmmsLevel: ::lmms::__private::Level> = Self;
    const PLAIN: ::core::primitive::bool = true && <String as ::lmms::Portable>::PLAIN;
    type Returned = ::lmms::__private::AsValue;
    fn copy(&self) -> Self {
        match self {
            Self { 0: field_0 } => {
                Self {
                    0: <String as ::lmms::Portable>::copy(field_0),
                }
            }
        }
    }
    fn key(&self, key: &mut ::lmms::__private::KeyBuilder) {
        match self {
            Self { 0: field_0 } => {
                <String as ::lmms::Portable>::key(field_0, key);
            }
        }
    }
    fn heap_bytes(&self) -> ::core::primitive::usize {
        match self {
            Self { 0: field_0 } => 0 + <String as ::lmms::Portable>::heap_bytes(field_0),
        }
    }
    ::lmms::__private::if_gateway! {
        fn to_json(& self) -> ::lmms::__private::serde_json::Value {
        ::lmms::__private::through_serde(self) } fn from_json(value :
        ::lmms::__private::serde_json::Value,) -> ::core::result::Result < Self,
        ::lmms::__private::JsonError > { ::lmms::__private::serde_json::from_value(value)
        .map_err(| error |
        ::lmms::__private::JsonError::new(::std::string::ToString::to_string(& error))) }
        fn schema(schemas : & mut ::lmms::schema::Schemas) ->
        ::lmms::__private::serde_json::Value { schemas.define:: < Self > ("Wrapped", &
        [], | schemas | ::lmms::__private::serde_json::json!({})) }
    }
}
