#[automatically_derived]
#[allow(deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
unsafe impl<__LmmsLevel: ::lmms::__private::Level> ::lmms::__private::Shaped<__LmmsLevel>
for Reading {
    const SHAPE: ::lmms::__private::Shape = ::lmms::__private::Shape::defined(
            ::lmms::__private::origin!(),
            "Reading",
        )
        .layout::<Self>()
        .field(
            "sensor",
            ::core::mem::offset_of!(Self, sensor),
            <<String as ::lmms::Portable>::Itself<
                __LmmsLevel,
            > as ::lmms::__private::Shaped<__LmmsLevel>>::SHAPE,
        )
        .field(
            "type",
            ::core::mem::offset_of!(Self, r#type),
            <<Option<
                u8,
            > as ::lmms::Portable>::Itself<
                __LmmsLevel,
            > as ::lmms::__private::Shaped<__LmmsLevel>>::SHAPE,
        )
        .field(
            "children",
            ::core::mem::offset_of!(Self, children),
            <<__LmmsLevel as ::lmms::__private::Level>::Below<
                Vec<Reading>,
            > as ::lmms::__private::Known>::SHAPE,
        );
}
#[automatically_derived]
#[allow(deprecated, unused_variables, clippy::all, clippy::pedantic, clippy::nursery)]
unsafe impl ::lmms::Portable for Reading {
    type Itself<__LmmsLevel: ::lmms::__private::Level> = Self;
    const PLAIN: ::core::primitive::bool = true && <String as ::lmms::Portable>::PLAIN
        && <Option<u8> as ::lmms::Portable>::PLAIN
        && <Vec<Reading> as ::lmms::Portable>::PLAIN;
    type Returned = ::lmms::__private::AsValue;
    fn copy(&self) -> Self {
        match self {
            Self { sensor: field_0, r#type: field_1, children: field_2 } => {
                Self {
                    sensor: <String as ::lmms::Portable>::copy(field_0),
                    r#type: <Option<u8> as ::lmms::Portable>::copy(field_1),
                    children: <Vec<Reading> as ::lmms::Portable>::copy(field_2),
                }
            }
        }
    }
    fn key(&self, key: &mut ::lmms::__private::KeyBuilder) {
        match self {
            Self { sensor: field_0, r#type: field_1, children: field_2 } => {
                <String as ::lmms::Portable>::key(field_0, key);
                <Option<u8> as ::lmms::Portable>::key(field_1, key);
                <Vec<Reading> as ::lmms::Portable>::key(field_2, key);
            }
        }
    }
    fn heap_bytes(&self) -> ::core::primitive::usize {
        match self {
            Self { sensor: field_0, r#type: field_1, children: field_2 } => {
                0 + <String as ::lmms::Portable>::heap_bytes(field_0)
                    + <Option<u8> as ::lmms::Portable>::heap_bytes(field_1)
                    + <Vec<Reading> as ::lmms::Portable>::heap_bytes(field_2)
            }
        }
    }
    ::lmms::__private::if_gateway! {
        fn to_json(& self) -> ::lmms::__private::serde_json::Value { match self { Self {
        sensor : field_0, r#type : field_1, children : field_2, } => { let mut object =
        ::lmms::__private::serde_json::Map::new(); object
        .insert(::std::string::String::from("sensor"), < String as ::lmms::Portable >
        ::to_json(field_0)); object.insert(::std::string::String::from("type"), < Option
        < u8 > as ::lmms::Portable > ::to_json(field_1)); object
        .insert(::std::string::String::from("children"), < Vec < Reading > as
        ::lmms::Portable > ::to_json(field_2));
        ::lmms::__private::serde_json::Value::Object(object) }, } } fn from_json(value :
        ::lmms::__private::serde_json::Value,) -> ::core::result::Result < Self,
        ::lmms::__private::JsonError > { let mut reader =
        ::lmms::__private::ObjectReader::new(value, "Reading") ?; let field_0 = reader
        .field_with:: < String > ("sensor", < String as ::lmms::Portable > ::from_json, <
        String as ::lmms::Portable > ::missing) ?; let field_1 = reader.field_with:: <
        Option < u8 > > ("type", < Option < u8 > as ::lmms::Portable > ::from_json, <
        Option < u8 > as ::lmms::Portable > ::missing) ?; let field_2 = reader
        .field_with:: < Vec < Reading > > ("children", < Vec < Reading > as
        ::lmms::Portable > ::from_json, < Vec < Reading > as ::lmms::Portable >
        ::missing) ?; reader.finish() ?; ::core::result::Result::Ok(Self { sensor :
        field_0, r#type : field_1, children : field_2 }) } fn schema(schemas : & mut
        ::lmms::schema::Schemas) -> ::lmms::__private::serde_json::Value { schemas
        .define:: < Self > ("Reading", & [], | schemas | { let mut fields =
        ::lmms::__private::schema::Fields::default(); fields.add("sensor", & [], < String
        as ::lmms::Portable > ::schema(schemas), < String as ::lmms::Portable >
        ::missing().is_some()); fields.add("type", & [], < Option < u8 > as
        ::lmms::Portable > ::schema(schemas), < Option < u8 > as ::lmms::Portable >
        ::missing().is_some()); fields.add("children", & [], < Vec < Reading > as
        ::lmms::Portable > ::schema(schemas), < Vec < Reading > as ::lmms::Portable >
        ::missing().is_some()); fields.finish() }) }
    }
}
