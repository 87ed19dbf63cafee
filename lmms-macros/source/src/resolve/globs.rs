//! Names that another crate's module brings, where it is imported whole: `use home_types::prelude::*`.
//!
//! The sources of path dependencies are read to tell which of several brings a name; of crates from elsewhere it is not
//! known what they have.

use crate::items::scope::Condition;
use crate::mistakes::type_problem::TypeProblem;
use crate::resolve::definitions::{Definitions, Found};
use crate::resolve::names::{Names, Target};

/// A module of another crate that is imported whole.
#[derive(Debug)]
pub(super) struct ForeignGlob {
    /// The module with the import, and what that is under, if only the compiler can decide it.
    undecided: Option<(usize, Condition)>,
    module: Result<ForeignModule, TypeProblem>,
}

#[derive(Debug, Clone)]
struct ForeignModule {
    root: String,
    path: Vec<String>,
    package: String,
    directory: Option<std::path::PathBuf>,
}

impl Names<'_> {
    /// Whether another crate's module is imported whole into module `node`.
    pub(super) fn has_foreign_globs(&self, node: usize) -> bool {
        !self.foreign_globs(node).is_empty()
    }

    /// The other crates' modules that are imported whole into module `node`, also by way of this crate's own.
    pub(super) fn foreign_globs(&self, node: usize) -> Vec<ForeignGlob> {
        let mut found = Vec::new();
        self.gather(node, &mut found);
        found
    }

    fn gather(&self, node: usize, found: &mut Vec<ForeignGlob>) {
        let globs = &self.scope(node).globs;
        // The path of a glob may itself be looked for in globs.
        if globs.is_empty() || !self.gathering.borrow_mut().insert(node) {
            return;
        }
        for glob in globs {
            let module = match self.follow(node, &glob.path, 1) {
                Ok(Target::Module(own)) => {
                    self.gather(own, found);
                    continue;
                }
                Ok(Target::External {
                    root,
                    path,
                    package,
                    directory,
                }) if package != "lmms" => Ok(ForeignModule {
                    root,
                    path,
                    package,
                    directory,
                }),
                Err(
                    problem @ (TypeProblem::PackageOutOfReach { .. }
                    | TypeProblem::PackageHidden { .. }
                    | TypeProblem::OpaqueError(_)),
                ) => Err(problem),
                // `lmms` has no type that crosses, and what can't be followed brings none.
                _ => continue,
            };
            let undecided = glob.undecided.clone();
            found.push(ForeignGlob {
                undecided: undecided.map(|condition| (node, condition)),
                module,
            });
        }
        self.gathering.borrow_mut().remove(&node);
    }

    /// What `path` in module `node` leads to, which one of the foreign globs there brings. What the prelude has,
    /// `otherwise`, gives way to what a glob certainly brings.
    pub(super) fn through_globs(
        &self,
        node: usize,
        path: &[String],
        otherwise: Option<Target>,
        definitions: &Definitions,
    ) -> Result<Target, TypeProblem> {
        let name = path.first().cloned().unwrap_or_default();
        let mut possible = Vec::new();
        for glob in self.foreign_globs(node) {
            match glob
                .module
                .as_ref()
                .map(|module| module.find(path, definitions))
            {
                Ok(Found::Type | Found::Other) => return self.within(&glob, path, &name),
                Ok(Found::Absent) => {}
                Ok(Found::Unknown) | Err(_) => possible.push(glob),
            }
        }
        match (otherwise, possible.as_slice()) {
            (Some(otherwise), _) => Ok(otherwise),
            (None, [only]) => self.within(only, path, &name),
            (None, []) => Err(TypeProblem::Unknown(name)),
            (None, _) => Err(TypeProblem::OnlyThroughGlob(name)),
        }
    }

    /// What `name` is in the one crate that is imported whole into module `node`, the standard library aside; `None`
    /// if none is.
    pub(super) fn through_lone_glob(
        &self,
        node: usize,
        name: &str,
    ) -> Option<Result<Target, TypeProblem>> {
        let of_others = |glob: &ForeignGlob| match &glob.module {
            Ok(module) => module.package != "std",
            Err(_) => true,
        };
        let mut globs = self.foreign_globs(node);
        globs.retain(of_others);
        match globs.as_slice() {
            [] => None,
            [only] => Some(self.within(only, &[name.to_owned()], name)),
            _ => Some(Err(TypeProblem::OnlyThroughGlob(name.to_owned()))),
        }
    }

    fn within(
        &self,
        glob: &ForeignGlob,
        path: &[String],
        name: &str,
    ) -> Result<Target, TypeProblem> {
        if let Some((node, condition)) = &glob.undecided {
            return Err(self.undecided(*node, name, condition));
        }
        let module = glob.module.clone()?;
        Ok(Target::External {
            path: [module.path.as_slice(), path].concat(),
            root: module.root,
            package: module.package,
            directory: module.directory,
        })
    }
}

impl ForeignModule {
    fn find(&self, path: &[String], definitions: &Definitions) -> Found {
        if self.package == "std" {
            return standard(&self.path, path);
        }
        match &self.directory {
            Some(directory) => definitions.find(directory, &self.path, path),
            None => Found::Unknown,
        }
    }
}

/// What the standard library has in a module, as far as it can cross the boundary.
fn standard(module: &[String], path: &[String]) -> Found {
    let ([module], [name]) = (module, path) else {
        return Found::Absent;
    };
    let found = match module.as_str() {
        "collections" => matches!(
            name.as_str(),
            "BTreeMap" | "BTreeSet" | "HashMap" | "HashSet" | "VecDeque"
        ),
        "time" => matches!(name.as_str(), "Duration" | "SystemTime"),
        "path" => name == "PathBuf",
        "string" => name == "String",
        "vec" => name == "Vec",
        "boxed" => name == "Box",
        "option" => name == "Option",
        "result" | "io" | "fmt" => name == "Result",
        "convert" => name == "Infallible",
        "net" => matches!(
            name.as_str(),
            "IpAddr" | "Ipv4Addr" | "Ipv6Addr" | "SocketAddr" | "SocketAddrV4" | "SocketAddrV6"
        ),
        _ => false,
    };
    if found { Found::Type } else { Found::Absent }
}
