//! How many numbers one file may hold.

use noctule_num::InputError;

use crate::data::MOST_ENTRIES;

/// How many numbers may still be read of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    left: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: MOST_ENTRIES }
    }
}

impl Budget {
    /// The number of entries of `shape`, which are taken from the budget.
    pub(super) fn take(&mut self, shape: &[usize]) -> Result<usize, InputError> {
        // Each side too: a zero among them would hide a side that no memory holds.
        let sides = shape.iter().all(|&side| side <= MOST_ENTRIES);
        let count = shape.iter().try_fold(1_usize, |count, &side| count.checked_mul(side));
        let left = count.filter(|_| sides).and_then(|count| self.left.checked_sub(count));
        let (Some(count), Some(left)) = (count, left) else {
            let allowed = format!("at most {MOST_ENTRIES} numbers in one file");
            let found = format!("shape {shape:?}");
            return Err(InputError::new("the array is too large", "", found, allowed)
                .hint("a file whose head is damaged looks so too"));
        };
        self.left = left;
        Ok(count)
    }
}
