use lmms::library::OperationSlot;

unsafe fn nothing(_: *mut ()) {}

fn main() {
    let _ = OperationSlot::new(0x1234 as *const (), nothing);
}
