use super::*;
use crate::lexing::compact::compact;

fn read(source: &str) -> Result<Signature<String, String>, Vec<Misuse>> {
    let signature: syn::Signature = syn::parse_str(source).unwrap();
    match Signature::read(&signature, |_| None) {
        Ok(signature) => Ok(signature
            .try_map::<_, _, std::convert::Infallible>(ToString::to_string, |ty| Ok(compact(ty)))
            .unwrap()),
        Err(findings) => Err(findings.into_iter().map(|finding| finding.misuse).collect()),
    }
}

fn mistake(source: &str) -> Misuse {
    let mut misuses = read(source).unwrap_err();
    assert_eq!(misuses.len(), 1, "{source}: {misuses:?}");
    misuses.remove(0)
}

#[test]
fn every_way_to_pass_an_argument() {
    let signature = read(
        "fn f(cx: &Context, a: u8, b: &str, c: &[u8], d: &Device, e: Option<&str>, g: Option<&[u8]>, \
         h: std::option::Option<&'_ Device>, mut i: Vec<Option<String>>, j: &String, k: [u8; 4])",
    )
    .unwrap();
    assert!(signature.takes_context);
    let passings: Vec<_> = signature
        .parameters
        .into_iter()
        .map(|parameter| (parameter.name, parameter.passing))
        .collect();
    let expected = [
        ("a", Passing::Primitive("u8")),
        ("b", Passing::Str),
        ("c", Passing::Slice("u8")),
        ("d", Passing::Reference("Device")),
        ("e", Passing::OptionStr),
        ("g", Passing::OptionSlice("u8")),
        ("h", Passing::OptionReference("Device")),
        ("i", Passing::Owned("Vec<Option<String>>")),
        ("j", Passing::Reference("String")),
        ("k", Passing::Owned("[u8; 4]")),
    ];
    assert_eq!(passings.len(), expected.len());
    for ((name, passing), (expected_name, expected)) in passings.into_iter().zip(expected) {
        assert_eq!(name, expected_name);
        let expected = expected
            .try_map::<_, ()>(&mut |ty| Ok((*ty).to_owned()))
            .unwrap();
        assert_eq!(passing, expected, "{name}");
    }
}

#[test]
fn every_outcome() {
    assert_eq!(read("fn f()").unwrap().result, ResultForm::Nothing);
    assert_eq!(read("fn f() -> ()").unwrap().result, ResultForm::Nothing);
    assert_eq!(
        read("fn f() -> (u8, String)").unwrap().result,
        ResultForm::Value("(u8, String)".into())
    );
    assert_eq!(
        read("fn f() -> std::result::Result<(), ImageError>")
            .unwrap()
            .result,
        ResultForm::Value("std::result::Result<(), ImageError>".into())
    );
}

#[test]
fn a_context_is_known_by_its_name_and_place() {
    assert!(read("fn f(cx: &lmms::Context)").unwrap().takes_context);
    assert_eq!(
        mistake("fn f(a: u8, cx: &Context)"),
        Misuse::ContextNotFirst
    );
    assert_eq!(mistake("fn f(cx: Context)"), Misuse::ContextNotBorrowed);
    assert_eq!(
        mistake("fn f(cx: &mut Context)"),
        Misuse::ContextNotBorrowed
    );
}

#[test]
fn callers_name_each_argument_once() {
    let once = |code: &str| {
        let signature: syn::Signature = syn::parse_str(code).unwrap();
        Signature::read(&signature, |_| None).and_then(Signature::with_names_once)
    };
    assert!(once("fn f(a: u8, b: u8)").is_ok());
    for code in ["fn f(a: u8, b: u8, a: u8)", "fn f(b: u8, r#a: u8, a: u8)"] {
        let Err(findings) = once(code) else {
            panic!("{code} is taken");
        };
        let misuses: Vec<_> = findings.into_iter().map(|finding| finding.misuse).collect();
        assert_eq!(misuses, [Misuse::RepeatedParameter("a".into())], "{code}");
        let text = misuses[0].to_string();
        assert!(text.starts_with("two parameters are called `a`"), "{text}");
    }
}

#[test]
fn functions_that_are_no_operations() {
    assert_eq!(mistake("async fn f()"), Misuse::Async);
    assert_eq!(mistake("unsafe fn f()"), Misuse::Unsafe);
    assert_eq!(mistake("extern \"C\" fn f()"), Misuse::ForeignAbi);
    assert_eq!(mistake("fn f<T>()"), Misuse::Generic("T".into()));
    assert_eq!(
        mistake("fn f<const N: usize>()"),
        Misuse::Generic("N".into())
    );
    assert_eq!(
        mistake("fn f<'a>(a: &'a str, b: Option<&'a [u8]>)"),
        Misuse::NamedLifetime("'a".into())
    );
    assert_eq!(mistake("fn f() where u8: Copy"), Misuse::WhereClause);
    assert_eq!(mistake("fn f(self)"), Misuse::Receiver);
    assert_eq!(mistake("fn f(&self)"), Misuse::Receiver);
    assert_eq!(mistake("fn f((a, b): (u8, u8))"), Misuse::UnnamedParameter);
    assert_eq!(mistake("fn f(_: u8)"), Misuse::UnnamedParameter);
    assert_eq!(
        mistake("fn f(#[cfg(unix)] a: u8)"),
        Misuse::ConditionalParameter
    );
}

#[test]
fn types_that_cannot_cross() {
    assert_eq!(mistake("fn f(a: &mut u8)"), Misuse::MutableReference);
    assert_eq!(mistake("fn f(a: &'static str)"), Misuse::StaticReference);
    assert_eq!(
        mistake("fn f(a: &'a str)"),
        Misuse::NamedLifetime("'a".into())
    );
    assert_eq!(mistake("fn f(a: Vec<&str>)"), Misuse::NestedReference);
    assert_eq!(mistake("fn f(a: &[&str])"), Misuse::NestedReference);
    assert_eq!(mistake("fn f(a: &&u8)"), Misuse::NestedReference);
    assert_eq!(
        mistake("fn f(a: str)"),
        Misuse::Unsized {
            ty: "str".into(),
            owned: "String".into()
        }
    );
    assert_eq!(
        mistake("fn f(a: [u8])"),
        Misuse::Unsized {
            ty: "[u8]".into(),
            owned: "Vec<u8>".into()
        }
    );
    assert_eq!(mistake("fn f(a: impl Into<String>)"), Misuse::ImplTrait);
    assert_eq!(mistake("fn f(a: Box<dyn Error>)"), Misuse::TraitObject);
    assert_eq!(mistake("fn f(a: &dyn Error)"), Misuse::TraitObject);
    assert_eq!(mistake("fn f(a: fn(u8) -> u8)"), Misuse::FunctionPointer);
    assert_eq!(mistake("fn f(a: *const u8)"), Misuse::RawPointer);
    assert_eq!(
        mistake("fn f(a: [u8; size()])"),
        Misuse::ArrayLength("size()".into())
    );
    assert_eq!(
        mistake("fn f(a: <u8>::B)"),
        Misuse::UnreadableType("<u8>::B".into())
    );
    assert_eq!(
        mistake("fn f(a: Cow<'static, str>)"),
        Misuse::StaticReference
    );
}

#[test]
fn results_are_owned() {
    assert_eq!(mistake("fn f() -> &str"), Misuse::BorrowedResult);
    assert_eq!(mistake("fn f() -> &'static str"), Misuse::StaticReference);
    assert_eq!(mistake("fn f() -> Option<&[u8]>"), Misuse::BorrowedResult);
    assert_eq!(
        mistake("fn f() -> Result<&u8, String>"),
        Misuse::BorrowedResult
    );
    assert_eq!(
        mistake("fn f() -> Result<u8, &'static str>"),
        Misuse::StaticReference
    );
    assert_eq!(
        mistake("fn f() -> Cow<'_, [u8; 3]>"),
        Misuse::BorrowedResult
    );
    assert_eq!(
        mistake("fn f() -> impl Iterator<Item = u8>"),
        Misuse::ImplTrait
    );
    assert_eq!(mistake("fn f() -> !"), Misuse::NoType("!"));
}

#[test]
fn mistakes_are_collected() {
    let misuses = read("async fn f<T>(a: &mut u8, (b, c): (u8, &str)) -> &str").unwrap_err();
    assert_eq!(
        misuses,
        [
            Misuse::Async,
            Misuse::Generic("T".into()),
            Misuse::MutableReference,
            Misuse::UnnamedParameter,
            Misuse::NestedReference,
            Misuse::BorrowedResult,
        ]
    );
}

#[test]
fn too_many_parameters() {
    let list = |count: usize| {
        (0..count)
            .map(|n| format!("p{n}: u8, "))
            .collect::<String>()
    };
    assert!(read(&format!("fn f(cx: &Context, {})", list(MOST_PARAMETERS))).is_ok());
    assert_eq!(
        mistake(&format!(
            "fn f(cx: &Context, {})",
            list(MOST_PARAMETERS + 1)
        )),
        Misuse::TooManyParameters(MOST_PARAMETERS + 1)
    );
}
