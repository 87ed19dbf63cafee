#[automatically_derived]
#[allow(deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
unsafe impl<
    T: Clone,
    const N: usize,
    __LmmsLevel: ::lmms::__private::Level,
> ::lmms::__private::Shaped<__LmmsLevel> for Shape<T, N>
where
    T: ::lmms::Portable,
{
    const SHAPE: ::lmms::__private::Shape = ::lmms::__private::Shape::defined(
            ::lmms::__private::origin!(),
            "Shape",
        )
        .text("repr(u8)")
        .layout::<Self>()
        .child(
            <<T as ::lmms::Portable>::Itself<
                __LmmsLevel,
            > as ::lmms::__private::Shaped<__LmmsLevel>>::SHAPE,
        )
        .integer(N as ::core::primitive::u128)
        .text("Point")
        .number(0u64)
        .text("=")
        .integer({
            let discriminant: ::core::primitive::u8 = 1;
            discriminant as ::core::primitive::u128
        })
        .text("Circle")
        .number(1u64)
        .field(
            "0",
            0usize,
            <<f64 as ::lmms::Portable>::Itself<
                __LmmsLevel,
            > as ::lmms::__private::Shaped<__LmmsLevel>>::SHAPE,
        )
        .text("Line")
        .number(2u64)
        .field(
            "0",
            0usize,
            <<[T; N] as ::lmms::Portable>::Itself<
                __LmmsLevel,
            > as ::lmms::__private::Shaped<__LmmsLevel>>::SHAPE,
        )
        .field(
            "1",
            1usize,
            <<T as ::lmms::Portable>::Itself<
                __LmmsLevel,
            > as ::lmms::__private::Shaped<__LmmsLevel>>::SHAPE,
        )
        .text("Text")
        .number(3u64)
        .field(
            "text",
            0usize,
            <<String as ::lmms::Portable>::Itself<
                __LmmsLevel,
            > as ::lmms::__private::Shaped<__LmmsLevel>>::SHAPE,
        );
}
#[automatically_derived]
#[allow(deprecated, unused_variables, clippy::all, clippy::pedantic, clippy::nursery)]
unsafe impl<T: Clone, const N: usize> ::lmms::Portable for Shape<T, N>
where
    T: ::lmms::Portable,
{
    type Itself<__LmmsLevel: ::lmms::__private::Level> = Self;
    const PLAIN: ::core::primitive::bool = true && <f64 as ::lmms::Portable>::PLAIN
        && <[T; N] as ::lmms::Portable>::PLAIN && <T as ::lmms::Portable>::PLAIN
        && <String as ::lmms::Portable>::PLAIN;
    type Returned = ::lmms::__private::AsValue;
    fn copy(&self) -> Self {
        match self {
            Self::Point {} => Self::Point {},
            Self::Circle { 0: field_0 } => {
                Self::Circle {
                    0: <f64 as ::lmms::Portable>::copy(field_0),
                }
            }
            Self::Line { 0: field_0, 1: field_1 } => {
                Self::Line {
                    0: <[T; N] as ::lmms::Portable>::copy(field_0),
                    1: <T as ::lmms::Portable>::copy(field_1),
                }
            }
            Self::Text { text: field_0 } => {
                Self::Text {
                    text: <String as ::lmms::Portable>::copy(field_0),
                }
            }
        }
    }
    fn key(&self, key: &mut ::lmms::__private::KeyBuilder) {
        match self {
            Self::Point {} => {
                key.bytes(&0u32.to_le_bytes());
            }
            Self::Circle { 0: field_0 } => {
                key.bytes(&1u32.to_le_bytes());
                <f64 as ::lmms::Portable>::key(field_0, key);
            }
            Self::Line { 0: field_0, 1: field_1 } => {
                key.bytes(&2u32.to_le_bytes());
                <[T; N] as ::lmms::Portable>::key(field_0, key);
                <T as ::lmms::Portable>::key(field_1, key);
            }
            Self::Text { text: field_0 } => {
                key.bytes(&3u32.to_le_bytes());
                <String as ::lmms::Portable>::key(field_0, key);
            }
        }
    }
    fn heap_bytes(&self) -> ::core::primitive::usize {
        match self {
            Self::Point {} => 0,
            Self::Circle { 0: field_0 } => {
                0 + <f64 as ::lmms::Portable>::heap_bytes(field_0)
            }
            Self::Line { 0: field_0, 1: field_1 } => {
                0 + <[T; N] as ::lmms::Portable>::heap_bytes(field_0)
                    + <T as ::lmms::Portable>::heap_bytes(field_1)
            }
            Self::Text { text: field_0 } => {
                0 + <String as ::lmms::Portable>::heap_bytes(field_0)
            }
        }
    }
    ::lmms::__private::if_gateway! {
        fn to_json(& self) -> ::lmms::__private::serde_json::Value { match self {
        Self::Point {} => ::lmms::__private::serde_json::Value::from("Point"),
        Self::Circle { 0 : field_0, } => ::lmms::__private::variant_to_json("Circle", <
        f64 as ::lmms::Portable > ::to_json(field_0)), Self::Line { 0 : field_0, 1 :
        field_1, } => ::lmms::__private::variant_to_json("Line",
        ::lmms::__private::serde_json::Value::Array(::std::vec![< [T; N] as
        ::lmms::Portable > ::to_json(field_0), < T as ::lmms::Portable >
        ::to_json(field_1)])), Self::Text { text : field_0, } =>
        ::lmms::__private::variant_to_json("Text", { let mut object =
        ::lmms::__private::serde_json::Map::new(); object
        .insert(::std::string::String::from("text"), < String as ::lmms::Portable >
        ::to_json(field_0)); ::lmms::__private::serde_json::Value::Object(object) }), } }
        fn from_json(value : ::lmms::__private::serde_json::Value,) ->
        ::core::result::Result < Self, ::lmms::__private::JsonError > { let mut reader =
        ::lmms::__private::VariantReader::new(value, "Shape") ?; match reader.name() {
        "Point" => reader.unit().map(| () | Self::Point {}), "Circle" => { let field_0 =
        reader.content_with:: < f64 > (< f64 as ::lmms::Portable > ::from_json) ?;
        ::core::result::Result::Ok(Self::Circle(field_0)) }, "Line" => { let (field_0,
        field_1,) = reader.content_with:: < ([T; N], T,) > (< ([T; N], T,) as
        ::lmms::Portable > ::from_json) ?; ::core::result::Result::Ok(Self::Line(field_0,
        field_1)) }, "Text" => { let mut reader = reader.object() ?; let field_0 = reader
        .field_with:: < String > ("text", < String as ::lmms::Portable > ::from_json, <
        String as ::lmms::Portable > ::missing) ?; reader.finish() ?;
        ::core::result::Result::Ok(Self::Text { text : field_0 }) }, _ =>
        ::core::result::Result::Err(reader.unknown(& ["Point", "Circle", "Line",
        "Text"])), } } fn schema(schemas : & mut ::lmms::schema::Schemas) ->
        ::lmms::__private::serde_json::Value { schemas.define:: < Self > ("Shape", & [],
        | schemas | { let mut variants = ::lmms::__private::schema::Variants::default();
        variants.unit("Point", & []); { let content = < f64 as ::lmms::Portable >
        ::schema(schemas); variants.content("Circle", & [], content); } { let content =
        ::lmms::__private::schema::tuple(::std::vec![< [T; N] as ::lmms::Portable >
        ::schema(schemas), < T as ::lmms::Portable > ::schema(schemas)]); variants
        .content("Line", & [], content); } { let content = { let mut fields =
        ::lmms::__private::schema::Fields::default(); fields.add("text", & [], < String
        as ::lmms::Portable > ::schema(schemas), < String as ::lmms::Portable >
        ::missing().is_some()); fields.finish() }; variants.content("Text", & [],
        content); } variants.finish() }) }
    }
}
