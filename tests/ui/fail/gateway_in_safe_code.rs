use lmms::__private::{Core, Kwargs};
use lmms::serde_json::Value;
use lmms::{CallError, Gateway, Registry};

lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["lights"] }
}

lmms::gateway! {
    /// A gateway to other modules.
    pub Other { modules: ["sensors"] }
}

/// Opens the core of one, and hands it to the other.
struct Mixed(Home);

impl Gateway for Mixed {
    const REGISTRY: &'static Registry = Other::REGISTRY;

    fn from_core(core: Core) -> Self {
        Mixed(Home::from_core(core))
    }

    fn core(&self) -> &Core {
        self.0.core()
    }

    fn by_name(&self, kwargs: &mut Kwargs) -> Result<Value, CallError<Value>> {
        self.0.by_name(kwargs)
    }
}

fn main() {}
