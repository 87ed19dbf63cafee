//! The operations one after the other on the one cache of the process.

#![forbid(unsafe_code)]

use cache::maintenance::{
    cleanup_expired, clear, delete_by_prefix, delete_by_source, get_stats, list_keys, set_limit,
};
use cache::values::{
    add, delete, exists, get, get_bytes, get_metadata, increment, set, set_bytes, touch,
};
use home_types::cache::CacheError;
use lmms::Context;

#[test]
fn values_come_and_go() {
    let cx = &Context::detached();
    assert_eq!(get(cx, "mode"), Ok(None));
    assert_eq!(cache::veto(), None);
    set(cx, "mode", "at home", None, Some("alexa")).unwrap();
    assert_eq!(get(cx, "mode"), Ok(Some("at home".into())));
    assert!(cache::veto().is_some());
    set(cx, "empty", "", None, None).unwrap();
    assert_eq!(
        get(cx, "empty"),
        Ok(Some(String::new())),
        "an empty text is a hit"
    );

    set_bytes(cx, "picture", &[0, 255], Some(5), Some("images")).unwrap();
    assert_eq!(get_bytes(cx, "picture"), Ok(Some(vec![0, 255])));
    assert!(matches!(
        get(cx, "picture"),
        Err(CacheError::WrongType { .. })
    ));
    assert!(
        get_bytes(cx, "mode")
            .unwrap_err()
            .to_string()
            .contains("`mode` is text, not bytes")
    );

    assert_eq!(add(cx, "leader", "a", None, None), Ok(true));
    assert_eq!(add(cx, "leader", "b", None, None), Ok(false));
    assert_eq!(get(cx, "leader"), Ok(Some("a".into())));
    assert!(add(cx, "", "b", None, None).is_err());

    assert_eq!(increment(cx, "rings", None, Some(9)), Ok(1));
    assert_eq!(increment(cx, "rings", Some(-3), Some(900)), Ok(-2));
    assert!(
        get_metadata(cx, "rings").unwrap().remaining_seconds <= 9,
        "it keeps its life"
    );
    assert_eq!(increment(cx, "rings", Some(i64::MIN), None), Ok(i64::MIN));
    assert!(increment(cx, "mode", None, None).is_err());
    assert!(increment(cx, "picture", None, None).is_err());

    assert_eq!(
        get_metadata(cx, "mode").unwrap().source_module.as_deref(),
        Some("alexa")
    );
    assert!(touch(cx, "mode", 900).unwrap() && !touch(cx, "nothing", 900).unwrap());
    assert_eq!(list_keys(cx, None, Some(2)), ["empty", "leader"]);
    assert_eq!(list_keys(cx, Some("mo"), None), ["mode"]);
    assert!(exists(cx, "mode") && delete(cx, "mode") && !exists(cx, "mode"));
    assert_eq!(delete_by_source("images"), 1);
    assert_eq!(delete_by_prefix("lead"), 1);
    assert_eq!(cleanup_expired(cx), 0);
    let stats = get_stats(cx);
    assert_eq!((stats.live_entries, stats.expired_entries), (2, 0));
    assert!(stats.hits >= 5 && stats.misses >= 1);
    let previous = set_limit(cx, Some(1 << 20)).unwrap();
    assert_eq!(set_limit(cx, Some(previous)), Ok(1 << 20));
    assert_eq!((clear(), cache::veto()), (2, None));
}
