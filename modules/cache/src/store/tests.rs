use super::*;

const NOON: Duration = Duration::from_secs(1_750_000_000);

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn set(store: &mut Store, key: &str, value: &str) {
    store.set(NOON, key, text(value), 60, None).unwrap();
}

fn after(seconds: u64) -> Duration {
    NOON + Duration::from_secs(seconds)
}

#[test]
fn a_value_lives_as_long_as_it_was_given() {
    let mut store = Store::new();
    set(&mut store, "k", "v");
    assert_eq!(store.get(after(59), "k"), Some(&text("v")));
    assert!(store.contains(after(59), "k") && !store.contains(after(60), "k"));
    assert_eq!(store.get(after(60), "k"), None);
    let stats = store.stats(after(60));
    assert_eq!(
        (stats.hits, stats.misses, stats.expirations, stats.bytes),
        (1, 1, 1, 0)
    );
}

#[test]
fn a_new_value_has_a_new_life() {
    let mut store = Store::new();
    set(&mut store, "k", "old");
    store
        .set(after(50), "k", Value::Bytes(vec![1, 2]), 60, Some("images"))
        .unwrap();
    let metadata = store.metadata(after(70), "k").unwrap();
    assert_eq!(
        (metadata.text, metadata.bytes, metadata.remaining_seconds),
        (false, 2, 40)
    );
    assert_eq!(metadata.source_module.as_deref(), Some("images"));
    assert_eq!(metadata.expires_at - metadata.set_at, 60);
    assert_eq!(store.stats(NOON).live_entries, 1);
    assert_eq!(store.touch(after(70), "k", 100), Ok(true));
    assert!(store.contains(after(169), "k"));
    assert_eq!(store.touch(after(170), "k", 100), Ok(false));
    assert!(store.metadata(after(170), "k").is_none());
}

#[test]
fn bytes_are_counted_exactly() {
    let mut store = Store::new();
    set(&mut store, "key", "12345");
    assert_eq!(store.stats(NOON).bytes, OVERHEAD + 8);
    store.set(NOON, "key", text("1"), 60, Some("abc")).unwrap();
    assert_eq!(store.stats(NOON).bytes, OVERHEAD + 7);
    store.replace("key", text("1234"));
    assert_eq!(store.stats(NOON).bytes, OVERHEAD + 10);
    assert!(store.delete(NOON, "key") && !store.delete(NOON, "key"));
    assert_eq!(store.stats(NOON).bytes, 0);
}

#[test]
fn the_least_recently_used_goes_first() {
    let mut store = Store::new();
    store.set_limit(NOON, Some(4096)).unwrap();
    let value = "x".repeat(1024 - OVERHEAD as usize - 1);
    for key in ["a", "b", "c", "d"] {
        set(&mut store, key, &value);
    }
    assert_eq!(store.stats(NOON).bytes, 4096, "exactly full");
    store.get(NOON, "a");
    set(&mut store, "e", &value);
    assert_eq!(store.keys(NOON, ""), ["a", "c", "d", "e"]);
    let stats = store.stats(NOON);
    assert_eq!((stats.evictions, stats.bytes), (1, 4096));
    let whole = "x".repeat(4096 - OVERHEAD as usize - 1);
    set(&mut store, "f", &whole);
    assert_eq!(store.keys(NOON, ""), ["f"]);
    let too_large = store.set(NOON, "g", text(&(whole + "x")), 60, None);
    assert_eq!(
        too_large,
        Err(CacheError::TooLarge {
            bytes: 4097,
            max_bytes: 4096
        })
    );
    assert_eq!(
        store.keys(NOON, ""),
        ["f"],
        "a refused value changes nothing"
    );
}

#[test]
fn a_lower_limit_makes_room_at_once() {
    let mut store = Store::new();
    for n in 0..100 {
        set(&mut store, &format!("key{n}"), "0123456789");
    }
    assert_eq!(store.set_limit(NOON, Some(4096)), Ok(DEFAULT_LIMIT));
    assert!(store.stats(NOON).bytes <= 4096);
    assert!(store.contains(NOON, "key99") && !store.contains(NOON, "key0"));
    assert!(store.set_limit(NOON, Some(4095)).is_err());
    assert!(store.set_limit(NOON, Some(u64::MAX)).is_err());
}

#[test]
fn impossible_keys_and_lives_are_refused() {
    let mut store = Store::new();
    for key in ["", "a\nb", "\0", &"k".repeat(513)] {
        let result = store.set(NOON, key, text("v"), 60, None);
        assert!(
            matches!(result, Err(CacheError::InvalidKey { .. })),
            "{key}"
        );
    }
    for ttl in [0, 366 * 24 * 3600, u64::MAX] {
        assert!(store.set(NOON, "k", text("v"), ttl, None).is_err());
        assert!(store.touch(NOON, "k", ttl).is_err());
    }
    assert!(store.set(Duration::MAX, "k", text("v"), 1, None).is_ok());
}

#[test]
fn values_go_by_module_by_prefix_and_by_age() {
    let mut store = Store::new();
    store
        .set(NOON, "a:1", text("x"), 10, Some("devices"))
        .unwrap();
    store
        .set(NOON, "a:2", text("x"), 20, Some("images"))
        .unwrap();
    store
        .set(NOON, "b:1", text("x"), 30, Some("images"))
        .unwrap();
    assert_eq!(store.stats(after(15)).expired_entries, 1);
    assert_eq!(store.cleanup(after(15)), 1);
    assert_eq!(store.delete_where(|key, _| key.starts_with("a:")), 1);
    assert_eq!(store.delete_where(|_, source| source == Some("images")), 1);
    assert_eq!(store.stats(after(15)).bytes, 0);
}

#[test]
fn live_values_keep_the_module() {
    let mut store = Store::new();
    assert_eq!(store.reason_to_stay(), None);
    set(&mut store, "k", "v");
    assert!(
        store
            .reason_to_stay()
            .unwrap()
            .contains("1 live cached values")
    );
    store.contains(after(60), "other");
    assert_eq!(
        store.reason_to_stay(),
        None,
        "an expired value is no reason"
    );
    store.cleanup(after(60));
    store.set_limit(NOON, Some(5000)).unwrap();
    assert!(store.reason_to_stay().unwrap().contains("5000 bytes"));
    store.set_limit(NOON, None).unwrap();
    assert_eq!(store.reason_to_stay(), None);
}
