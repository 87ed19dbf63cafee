use lmms::library::{Departure, Library, Loader, Memory, OperationSlot};
use lmms::{Error, ModuleInfo, Operations};

#[derive(Debug)]
struct Mine(Vec<OperationSlot>);

impl Loader for Mine {
    fn load(&self, _: &'static ModuleInfo, _: Operations) -> Result<Box<dyn Library>, Error> {
        Ok(Box::new(Mine(Vec::new())))
    }
}

impl Library for Mine {
    fn operations(&self) -> &[OperationSlot] {
        &self.0
    }

    fn memory(&self) -> Memory {
        Memory::default()
    }

    fn leave(self: Box<Self>) -> Departure {
        Departure::Unloaded { bytes: 0 }
    }
}

fn main() {}
