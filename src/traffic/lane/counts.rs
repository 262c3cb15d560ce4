//! What passed the steps of a journey, counted.

/// What passed a journey's steps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Passages begun.
    pub entered: u64,
    /// Entries ignored because the person was inside.
    pub already_inside: u64,
    /// Passages that reached the goal.
    pub goal: u64,
    /// Passages that ended otherwise.
    pub out: u64,
    /// Arrivals by step.
    pub seen: Vec<u64>,
    /// Passages that ended at each step, by the goal or otherwise.
    pub ended: Vec<u64>,
}

impl Counts {
    /// Adds another lane's counts.
    pub fn add(&mut self, other: &Self) {
        self.entered += other.entered;
        self.already_inside += other.already_inside;
        self.goal += other.goal;
        self.out += other.out;
        for (sums, others) in [(&mut self.seen, &other.seen), (&mut self.ended, &other.ended)] {
            sums.resize(sums.len().max(others.len()), 0);
            for (sum, more) in sums.iter_mut().zip(others) {
                *sum += more;
            }
        }
    }
}
