//! Replaces the files of modules under the gateway's feet, and breaks them for a while.

#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lmms::manifest::{FILE_NAME, Manifest};

use super::work::Random;
use crate::built::replace;

/// How long after the repair a load may still fail: the next attempt waits a little, and a load that
/// began before may end late.
const AFTERMATH: Duration = Duration::from_millis(500);

/// Which modules may fail to load at the moment.
#[derive(Debug, Default)]
pub struct Broken(Mutex<HashMap<String, Option<Instant>>>);

impl Broken {
    fn map(&self) -> MutexGuard<'_, HashMap<String, Option<Instant>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, module: &str) {
        self.map().insert(module.to_owned(), None);
    }

    fn end(&self, module: &str) {
        self.map().insert(module.to_owned(), Some(Instant::now()));
    }

    /// Whether a call of `module` that began at `since` may fail.
    pub fn excuses(&self, module: &str, since: Instant) -> bool {
        match self.map().get(module) {
            None => false,
            Some(None) => true,
            Some(Some(repaired)) => since < *repaired + AFTERMATH,
        }
    }
}

/// Who does it.
#[derive(Debug)]
pub struct Saboteur {
    folder: PathBuf,
    manifest: Manifest,
    originals: HashMap<String, Vec<u8>>,
}

impl Saboteur {
    /// For the modules in `folder`.
    ///
    /// # Errors
    /// They can't be read.
    pub fn new(folder: &Path) -> io::Result<Self> {
        let manifest = Manifest::read(folder).map_err(io::Error::other)?;
        let originals = manifest
            .modules
            .iter()
            .map(|module| Ok((module.name.clone(), fs::read(folder.join(&module.file))?)))
            .collect::<io::Result<_>>()?;
        Ok(Self {
            folder: folder.to_owned(),
            manifest,
            originals,
        })
    }

    /// Does something bad to one module, then makes all good again. `pause` passes the time between.
    ///
    /// # Errors
    /// What the system says.
    pub fn strike(
        &mut self,
        random: &mut Random,
        broken: &Broken,
        pause: impl Fn(),
    ) -> io::Result<()> {
        let place = random.below(self.manifest.modules.len() as u64) as usize;
        let entry = self.manifest.modules[place].clone();
        let path = self.folder.join(&entry.file);
        let current = fs::read(&path)?;
        broken.begin(&entry.name);
        match random.below(4) {
            // Another build of the same: the linker doesn't look at what follows the sections.
            0 | 1 => {
                let mut bytes = self.originals.get(&entry.name).cloned().unwrap_or_default();
                bytes.extend((0..=random.below(64)).map(|byte| byte as u8));
                self.manifest.modules[place].blake3 = blake3::hash(&bytes).to_hex().to_string();
                self.manifest.modules[place].size = bytes.len() as u64;
                replace(&path, &bytes)?;
                replace(
                    &self.folder.join(FILE_NAME),
                    &serde_json::to_vec(&self.manifest)?,
                )?;
            }
            2 => {
                let length = random.below(current.len() as u64) as usize;
                replace(&path, &current[..length])?;
                pause();
                replace(&path, &current)?;
            }
            _ => {
                let mut damaged = current.clone();
                let byte = random.below(damaged.len() as u64) as usize;
                damaged[byte] ^= 0x55;
                replace(&path, &damaged)?;
                pause();
                replace(&path, &current)?;
            }
        }
        broken.end(&entry.name);
        Ok(())
    }
}
