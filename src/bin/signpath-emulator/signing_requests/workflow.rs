//! How signing requests go on: how long each stage takes, where they stop, how they end. Set by the control interface.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::status::WorkflowStatus;

/// The stages that a signing request passes, in the documented order, once nobody need approve it any more.
pub(crate) const STAGES: [WorkflowStatus; 5] = [
    WorkflowStatus::RetrievingArtifact,
    WorkflowStatus::QueuedForMalwareScanning,
    WorkflowStatus::ScanningForMalware,
    WorkflowStatus::QueuedForProcessing,
    WorkflowStatus::Processing,
];

/// What is chosen for the signing requests that are submitted from now on.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Workflow {
    /// So long a signing request stays in each stage.
    stage_milliseconds: u64,
    /// In this stage it stays until it is released.
    hold_at: Option<WorkflowStatus>,
    /// How it ends; `Completed` means whatever processing the artifact leads to.
    result: WorkflowStatus,
}

impl Default for Workflow {
    fn default() -> Self {
        Self { stage_milliseconds: 50, hold_at: None, result: WorkflowStatus::Completed }
    }
}

impl Workflow {
    /// Refuses words that are statuses, but not ones that make sense there.
    pub(crate) fn check(self) -> Result<Self, String> {
        let is_ending = self.result.is_final() && self.result != WorkflowStatus::Denied;
        if !is_ending {
            return Err(format!("`result` is {:?}; expected a final status other than Denied", self.result));
        }
        match self.hold_at {
            Some(stage) if !STAGES.contains(&stage) => {
                Err(format!("`holdAt` is {stage:?}; expected one of {STAGES:?}"))
            }
            _ => Ok(self),
        }
    }

    /// How long a stage takes.
    pub(crate) const fn stage_duration(&self) -> Duration {
        Duration::from_millis(self.stage_milliseconds)
    }

    /// Whether a signing request stays in `stage` until it is released.
    pub(crate) fn holds(&self, stage: WorkflowStatus) -> bool {
        self.hold_at == Some(stage)
    }

    /// How a signing request ends in `stage`, if it does so there without being processed.
    pub(crate) fn ending_in(&self, stage: WorkflowStatus) -> Option<WorkflowStatus> {
        (self.result != WorkflowStatus::Completed && self.result.last_stage() == stage).then_some(self.result)
    }
}
