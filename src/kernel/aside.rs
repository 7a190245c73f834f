//! Long computing beside the requests.

use tokio::runtime::{Handle, RuntimeFlavor};

/// Does something that takes longer than a request may have to wait, and hands what else waits on this thread to another
/// meanwhile.
pub fn aside<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        // One thread alone has nobody to hand anything to.
        _ => work(),
    }
}

#[cfg(test)]
mod tests {
    use super::aside;

    #[test]
    fn it_works_on_any_thread() {
        assert_eq!(aside(|| 1), 1);
        let one = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(one.block_on(async { aside(|| 2) }), 2);
        let many = tokio::runtime::Builder::new_multi_thread().build().unwrap();
        assert_eq!(many.block_on(async { aside(|| 3) }), 3);
    }
}
