use quote::quote;

use super::*;

fn misuses(arguments: TokenStream) -> Vec<Misuse> {
    OperationAttribute::parse(arguments, Span::call_site())
        .err()
        .unwrap_or_default()
        .into_iter()
        .map(|finding| finding.misuse)
        .collect()
}

#[test]
fn everything_at_once() {
    let read = OperationAttribute::parse(
        quote!(
            interface = "images",
            name = "thumbnail",
            cache(ttl = "250ms"),
            pinned,
        ),
        Span::call_site(),
    )
    .unwrap();
    assert_eq!(read.interface.text, "images");
    assert_eq!(read.name.unwrap().text, "thumbnail");
    assert_eq!(read.cache.unwrap().ttl, Duration::from_millis(250));
    assert!(read.pinned);
}

#[test]
fn all_mistakes_are_found_in_one_go() {
    let found = misuses(quote!(
        name = 3,
        colour = "red",
        cache(ttl = "soon"),
        pinned = true
    ));
    assert!(
        matches!(found[0], Misuse::ExpectedString { key: "name", .. }),
        "{found:?}"
    );
    assert!(
        matches!(&found[1], Misuse::UnknownKey { key, .. } if key == "colour"),
        "{found:?}"
    );
    assert_eq!(found[2], Misuse::BadDuration("soon".into()));
    assert_eq!(found[3], Misuse::UnexpectedValue("pinned"));
    assert_eq!(found.len(), 4, "{found:?}");
}

#[test]
fn the_interface_is_required_once() {
    assert_eq!(misuses(quote!()), [Misuse::MissingInterface]);
    assert_eq!(misuses(quote!(pinned)), [Misuse::MissingInterface]);
    assert_eq!(
        misuses(quote!(interface = "a", interface = "b")),
        [Misuse::RepeatedKey("interface".into())]
    );
}

#[test]
fn names_are_what_a_caller_can_write() {
    for bad in [
        "",
        "Images",
        "two words",
        "a-b",
        "1st",
        "self",
        "super",
        "crate",
        "_a",
        "a.b",
        "é",
    ] {
        assert!(!is_callable_name(bad), "{bad}");
    }
    for good in ["images", "a", "a_1", "turn_on", "fn", "gen", "type"] {
        assert!(is_callable_name(good), "{good}");
    }
}

#[test]
fn cache_needs_its_ttl() {
    assert_eq!(
        misuses(quote!(interface = "a", cache)),
        [Misuse::MissingTtl]
    );
    assert_eq!(
        misuses(quote!(interface = "a", cache())),
        [Misuse::MissingTtl]
    );
    assert_eq!(
        misuses(quote!(interface = "a", cache = "5m")),
        [Misuse::MissingTtl]
    );
    assert!(matches!(
        &misuses(quote!(interface = "a", cache(size = 3)))[..],
        [Misuse::UnknownKey { key, .. }] if key == "size"
    ));
}

#[test]
fn what_depends_on_the_function() {
    let found = |arguments: TokenStream, signature: &str| -> Vec<Misuse> {
        OperationAttribute::parse(arguments, Span::call_site())
            .unwrap()
            .check_with(&syn::parse_str(signature).unwrap())
            .into_iter()
            .map(|finding| finding.misuse)
            .collect()
    };
    let bad = |name: &str| Misuse::BadName {
        key: "name",
        name: name.to_owned(),
    };
    assert_eq!(
        found(quote!(interface = "a"), "fn turnOn()"),
        [bad("turnOn")]
    );
    assert_eq!(found(quote!(interface = "a"), "fn r#match()"), []);
    assert_eq!(
        found(quote!(interface = "a", name = "turn_on"), "fn turnOn()"),
        []
    );
    assert!(matches!(
        found(quote!(interface = "a"), "fn pin()")[..],
        [Misuse::ReservedName { .. }]
    ));
    assert_eq!(
        found(quote!(interface = "a", cache(ttl = "1s")), "fn f() -> ()"),
        [Misuse::CacheOfNothing]
    );
    assert_eq!(
        found(
            quote!(interface = "a", cache(ttl = "1s")),
            "fn f() -> Result<(), u8>"
        ),
        []
    );
}

#[test]
fn durations() {
    assert_eq!(parse_duration("30s"), Some(Duration::from_secs(30)));
    assert_eq!(parse_duration("1h"), Some(Duration::from_secs(3600)));
    assert_eq!(parse_duration("7d"), Some(Duration::from_secs(604_800)));
    for bad in [
        "",
        "5",
        "m",
        "0s",
        "-1s",
        "1.5h",
        "5 m",
        "5min",
        "99999999999999999999s",
        "18446744073709551615d",
    ] {
        assert_eq!(parse_duration(bad), None, "{bad}");
    }
}

/// Calls through a gateway reach the runtime's methods only where no interface hides them.
#[test]
fn every_method_of_the_runtime_is_reserved() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lmms/src");
    let mut methods = Vec::new();
    for file in glob::glob(&format!("{}/**/*.rs", folder.display())).unwrap() {
        let text = std::fs::read_to_string(file.unwrap()).unwrap();
        for item in syn::parse_file(&text).unwrap().items {
            let syn::Item::Impl(item) = item else {
                continue;
            };
            if item.trait_.is_some() || crate::lexing::compact::compact(&item.self_ty) != "Runtime"
            {
                continue;
            }
            methods.extend(item.items.into_iter().filter_map(|item| match item {
                syn::ImplItem::Fn(method) if matches!(method.vis, syn::Visibility::Public(_)) => {
                    Some(method.sig.ident.to_string())
                }
                _ => None,
            }));
        }
    }
    assert!(methods.len() > 5, "{methods:?}");
    for method in methods {
        assert!(
            RESERVED_INTERFACES.contains(&method.as_str()),
            "an interface `{method}` would hide a method of the runtime"
        );
    }
}
