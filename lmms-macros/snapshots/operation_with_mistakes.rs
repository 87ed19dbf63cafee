::core::compile_error! {
    "there is no `colour` here: it takes `interface`, `name`, `cache(ttl = …)`, `pinned`"
}
::core::compile_error! {
    "an operation can't be `async`: do the work in a plain `fn`; callers on an async runtime put the call on a blocking thread"
}
#[allow(dead_code)]
async fn clear() {}
