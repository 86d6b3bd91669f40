//! Which deployments there are, and what was chosen among them.

use noctule_num::InputError;
use noctule_optim::Work;
use noctule_phy::cascade::Cascade;

use super::Instance;
use super::model::Link;
use super::phases::find::plan_phases;
use super::phases::plan::Plan;
use super::settings::{Select, Signal};
use crate::Error;

/// Sites beyond which deployments are not enumerated.
pub const MOST_ENUMERATED: usize = 16;

/// What was chosen.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    pub(super) sites: Vec<usize>,
    /// The phases, where choosing found them.
    pub(super) plan: Option<Plan>,
    pub(super) work: Work,
    /// What no design of any deployment exceeds, in nats, where choosing tells; whether it is attained
    /// by orthogonal paths.
    pub(super) ceiling: Option<(f64, bool)>,
    /// The other deployments with what no design of each exceeds, in nats, where there is no
    /// ceiling over all of them.
    pub(super) rivals: Vec<(f64, Vec<usize>)>,
    /// Deployments whose paths overlap, which the scheme cannot use.
    pub(super) passed_over: usize,
    /// Choosing was interrupted: there may be better deployments.
    pub(super) interrupted: bool,
    /// Deployments nobody looked at, for the same reason: nothing is known about all of them.
    pub(super) unseen: bool,
}

impl Chosen {
    /// The only deployment there is to choose.
    pub(super) fn of(sites: Vec<usize>) -> Self {
        Self {
            sites,
            plan: None,
            work: Work::default(),
            ceiling: None,
            rivals: Vec::new(),
            passed_over: 0,
            interrupted: false,
            unseen: false,
        }
    }

    /// What the user should know about the choice.
    pub(super) fn advice(&self) -> Option<String> {
        (self.passed_over > 0).then(|| {
            format!(
                "{} deployments whose paths overlap were passed over: this scheme needs orthogonal \
                 paths, `full-covariance` does not",
                self.passed_over
            )
        })
    }
}

/// Never: the first site alone is always a deployment.
pub(super) fn no_deployment() -> Error {
    InputError::new("there is no deployment to choose", "sites", "none", "at least one site").into()
}

/// The deployments among which is chosen.
pub(super) fn considered(instance: &Instance, select: Select) -> Result<Vec<Vec<usize>>, Error> {
    match select {
        Select::All => Ok(vec![instance.all_sites()?]),
        Select::Single => Ok(vec![vec![0]]),
        Select::Best => deployments(instance),
    }
}

/// All deployments that contain site 0 and have an element for each surface.
pub(super) fn deployments(instance: &Instance) -> Result<Vec<Vec<usize>>, Error> {
    let others = instance.sites() - 1;
    if others >= MOST_ENUMERATED {
        let error = InputError::new(
            "there are too many sites to try all deployments",
            "sites",
            instance.sites().to_string(),
            format!("at most {MOST_ENUMERATED}"),
        )
        .hint("`select = \"all\"`, or fewer candidate sites");
        return Err(error.into());
    }
    let of = |mask: usize| {
        std::iter::once(0)
            .chain((0..others).filter(move |i| mask >> i & 1 == 1).map(|i| i + 1))
            .collect()
    };
    let all = (0..1_usize << others).map(of);
    Ok(all.filter(|sites: &Vec<usize>| instance.suffices_for(sites.len())).collect())
}

/// A deployment with its phases: the chosen one, until a proof finds a better.
pub(super) struct Candidate {
    pub(super) sites: Vec<usize>,
    pub(super) cascade: Cascade,
    pub(super) link: Link,
    pub(super) plan: Plan,
}

impl Candidate {
    /// What was chosen, with phases where choosing did not find them.
    pub(super) fn new(
        instance: &Instance,
        chosen: &mut Chosen,
        signal: Signal,
    ) -> Result<Self, Error> {
        let sites = chosen.sites.clone();
        let cascade = instance.cascade(&sites);
        let link = Link::new(instance, &cascade);
        let mut plan = match chosen.plan.take() {
            Some(plan) => plan,
            None => plan_phases(&cascade, &link, signal)?,
        };
        plan.work += chosen.work;
        Ok(Self { sites, cascade, link, plan })
    }
}
