//! A bounded map that forgets what was not used for longest, without a list of who was used when: new and used entries
//! are young; once the young ones fill half of the map they are the old ones, and what was old until then is gone.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

/// An entry, and how much it counts for.
type Weighed<V> = (usize, V);

pub(super) struct Generations<K, V> {
    capacity: usize,
    young: HashMap<K, Weighed<V>>,
    old: HashMap<K, Weighed<V>>,
    /// What the young ones count for.
    weight: usize,
}

impl<K: Hash + Eq, V> Generations<K, V> {
    pub(super) fn new(capacity: usize) -> Generations<K, V> {
        Generations { capacity, young: HashMap::new(), old: HashMap::new(), weight: 0 }
    }

    /// The value, which is young from now on.
    pub(super) fn get<Q>(&mut self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        if !self.young.contains_key(key) {
            let (key, (weight, value)) = self.old.remove_entry(key)?;
            self.put(key, value, weight);
        }
        self.young.get(key).or_else(|| self.old.get(key)).map(|(_, value)| value)
    }

    pub(super) fn put(&mut self, key: K, value: V, weight: usize) {
        self.remove(&key);
        let half = self.capacity / 2;
        if self.weight.saturating_add(weight) > half {
            self.old = std::mem::take(&mut self.young);
            self.weight = 0;
        }
        // What alone is too much is not kept.
        if weight <= half {
            self.weight = self.weight.saturating_add(weight);
            self.young.insert(key, (weight, value));
        }
    }

    pub(super) fn remove<Q>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        if let Some((weight, _)) = self.young.remove(key) {
            self.weight = self.weight.saturating_sub(weight);
        }
        self.old.remove(key);
    }

    pub(super) fn retain(&mut self, mut fits: impl FnMut(&K, &V) -> bool) {
        self.young.retain(|key, (_, value)| fits(key, value));
        self.old.retain(|key, (_, value)| fits(key, value));
        self.weight = self.young.values().map(|(weight, _)| *weight).sum();
    }

    pub(super) fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
        self.weight = 0;
    }
}
