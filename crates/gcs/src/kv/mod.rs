//! The key-value store: namespaces of sorted keys, in memory, bounded.

mod service;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytes::Bytes;

use crate::bounds::{BoundError, Bounds, ReplyBudget};

/// One namespace. Keys are sorted, so that those with a prefix stand together.
type Namespace = BTreeMap<Bytes, Bytes>;

/// The store. Every method takes the lock once and never waits for anything while it holds it.
#[derive(Debug)]
pub(crate) struct Store {
    bounds: Bounds,
    table: RwLock<Table>,
}

/// Namespaces without keys are not kept: a caller could make any number of them.
#[derive(Debug, Default)]
struct Table {
    namespaces: BTreeMap<Bytes, Namespace>,
    keys: usize,
    bytes: usize,
}

impl Store {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self { bounds, table: RwLock::default() }
    }

    /// Writes a value and says whether its key is new. A value that is there stays unless `overwrite` is set.
    ///
    /// # Errors
    ///
    /// When a bound is passed; the store is then as it was.
    pub(crate) fn put(&self, namespace: &[u8], key: &[u8], value: &[u8], overwrite: bool) -> Result<bool, BoundError> {
        self.check_entry(namespace, key, value)?;
        // Copied even though the caller has `Bytes`: those share the memory of the whole message they came in, and
        // keeping one small key of it would keep all of it. Copied before the lock is taken, because it may be long.
        let owned = (Bytes::copy_from_slice(key), Bytes::copy_from_slice(value));
        self.write().put(&self.bounds, namespace, owned, overwrite)
    }

    /// The value of a key.
    pub(crate) fn get(&self, namespace: &[u8], key: &[u8]) -> Option<Bytes> {
        self.read().namespaces.get(namespace)?.get(key).cloned()
    }

    /// The entries among `keys` that are there, each once, sorted.
    ///
    /// # Errors
    ///
    /// When they are too long for one reply.
    pub(crate) fn multi_get(&self, namespace: &[u8], keys: &[Bytes]) -> Result<Vec<(Bytes, Bytes)>, BoundError> {
        let wanted: BTreeSet<&Bytes> = keys.iter().collect();
        let mut budget = ReplyBudget::new(&self.bounds);
        let table = self.read();
        let Some(entries) = table.namespaces.get(namespace) else { return Ok(Vec::new()) };
        wanted
            .into_iter()
            .filter_map(|key| entries.get_key_value(key))
            .map(|(key, value)| {
                budget.take(key.len() + value.len())?;
                Ok((key.clone(), value.clone()))
            })
            .collect()
    }

    /// Deletes a key, or all keys with a prefix, and says how many went.
    pub(crate) fn delete(&self, namespace: &[u8], key: &[u8], by_prefix: bool) -> usize {
        self.write().delete(namespace, key, by_prefix)
    }

    /// Whether a key is there.
    pub(crate) fn exists(&self, namespace: &[u8], key: &[u8]) -> bool {
        self.read().namespaces.get(namespace).is_some_and(|entries| entries.contains_key(key))
    }

    /// The keys with a prefix, sorted.
    ///
    /// # Errors
    ///
    /// When they are too long for one reply.
    pub(crate) fn keys(&self, namespace: &[u8], prefix: &[u8]) -> Result<Vec<Bytes>, BoundError> {
        let mut budget = ReplyBudget::new(&self.bounds);
        let table = self.read();
        let Some(entries) = table.namespaces.get(namespace) else { return Ok(Vec::new()) };
        with_prefix(entries, prefix)
            .map(|key| {
                budget.take(key.len())?;
                Ok(key.clone())
            })
            .collect()
    }

    /// How many keys there are, and how many bytes they and their values take.
    pub(crate) fn usage(&self) -> (usize, usize) {
        let table = self.read();
        (table.keys, table.bytes)
    }

    fn check_entry(&self, namespace: &[u8], key: &[u8], value: &[u8]) -> Result<(), BoundError> {
        let Bounds { key_bytes, value_bytes, .. } = self.bounds;
        if namespace.len() > key_bytes {
            return Err(BoundError::Namespace { len: namespace.len(), limit: key_bytes });
        }
        if key.len() > key_bytes {
            return Err(BoundError::Key { len: key.len(), limit: key_bytes });
        }
        if value.len() > value_bytes {
            return Err(BoundError::Value { len: value.len(), limit: value_bytes });
        }
        Ok(())
    }

    // Nothing panics while it holds the lock, so a poisoned one is as good as any.
    fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Table> {
        self.table.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn put(
        &mut self,
        bounds: &Bounds,
        namespace: &[u8],
        (key, value): (Bytes, Bytes),
        overwrite: bool,
    ) -> Result<bool, BoundError> {
        let old = self.namespaces.get(namespace).and_then(|entries| entries.get(&key)).map(Bytes::len);
        if old.is_some() && !overwrite {
            return Ok(false);
        }
        let bytes = match old {
            Some(old) => self.bytes - old + value.len(),
            None => self.bytes + namespace.len() + key.len() + value.len(),
        };
        if bytes > bounds.total_bytes {
            return Err(BoundError::TotalBytes { len: bytes, limit: bounds.total_bytes });
        }
        if old.is_none() && self.keys >= bounds.keys {
            return Err(BoundError::Keys { limit: bounds.keys });
        }
        match self.namespaces.get_mut(namespace) {
            Some(entries) => {
                entries.insert(key, value);
            }
            None => {
                self.namespaces.insert(Bytes::copy_from_slice(namespace), BTreeMap::from([(key, value)]));
            }
        }
        self.bytes = bytes;
        self.keys += usize::from(old.is_none());
        Ok(old.is_none())
    }

    fn delete(&mut self, namespace: &[u8], key: &[u8], by_prefix: bool) -> usize {
        let Some(entries) = self.namespaces.get_mut(namespace) else { return 0 };
        let doomed: Vec<Bytes> = if by_prefix {
            with_prefix(entries, key).cloned().collect()
        } else {
            entries.get_key_value(key).map(|(key, _)| key.clone()).into_iter().collect()
        };
        for key in &doomed {
            let value = entries.remove(key).map_or(0, |value| value.len());
            self.bytes -= namespace.len() + key.len() + value;
        }
        self.keys -= doomed.len();
        if entries.is_empty() {
            self.namespaces.remove(namespace);
        }
        doomed.len()
    }
}

/// The keys of a namespace that begin with `prefix`, sorted.
fn with_prefix<'a>(entries: &'a Namespace, prefix: &'a [u8]) -> impl Iterator<Item = &'a Bytes> {
    entries
        .range::<[u8], _>((Bound::Included(prefix), Bound::Unbounded))
        .map(|(key, _)| key)
        .take_while(move |key| key.starts_with(prefix))
}
