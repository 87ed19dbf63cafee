use lmms::library::OperationSlot;

unsafe fn nothing(_: *mut ()) {}

fn main() {
    let _ = OperationSlot { thunk: 0x1234 as *const (), drop_result: nothing };
}
