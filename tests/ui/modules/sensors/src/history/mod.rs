mod days {
    use super::shared::*;
    use lmms::operation;

    #[operation(interface = "sensors", cache(ttl = "1h"))]
    fn history(id: &str, days: u32) -> Vec<Reading> {
        let _ = (id, days);
        Vec::new()
    }
}

mod shared {
    pub(super) use lmms_tests::Reading;
}
