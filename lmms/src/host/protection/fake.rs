//! Gates that are opened to nothing: for tests of what only enters and leaves.

use super::*;

unsafe fn drop_nothing(_: *mut ()) {}

static TABLE: [OperationSlot; 1] = [OperationSlot {
    thunk: std::ptr::null(),
    drop_result: drop_nothing,
}];

impl Protection {
    /// Opens the gate of `module` to operations that nobody calls.
    pub(crate) fn open_to_nothing(&self, module: usize) {
        // SAFETY: a static table; nothing in these tests calls through it.
        unsafe { self.open(module, TABLE.as_ptr(), true) };
    }

    /// Enters straight through, as a gateway does.
    #[cfg(not(lmms_loom))]
    pub(crate) fn enter_straight(&self, module: usize) -> Option<Entered<'_>> {
        assert!(module < self.gates.len());
        // SAFETY: it is used only here, while the protection is borrowed.
        let entrance = unsafe { Entrance::new(self) };
        // SAFETY: it is one of the protection's modules, whose entrance this is.
        unsafe { entrance.enter(module, || self) }
    }
}
