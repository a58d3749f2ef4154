"""How it all stands, for programs. Keys are only ever added, and docs/operations.md tells of them."""

from datetime import datetime
from typing import Any

from bridge.cli.standing import Standing
from bridge.core.journal import Intent
from bridge.core.pending import Pending
from bridge.core.quarantine import Trouble
from bridge.core.sight import Sight
from bridge.notices.matter import JobStanding, Matter
from bridge.standing.overview import Unlinked, Waiting
from bridge.standing.reads import LastRead
from bridge.store.runs import PastRun


def standing_json(standing: Standing) -> dict[str, Any]:
    """All of it."""
    view, job = standing.view, standing.view.job
    service = standing.service
    return {
        "verdict": standing.verdict,
        "organization": job.organization,
        "config": job.config,
        "apply": job.apply,
        "now": job.now.isoformat(),
        "running": job.running,
        "next_run": _iso(job.next_run),
        "service": {"pid": service.pid, "host": service.host, "since": service.since} if service else None,
        "replicas": standing.has_replicas,
        "last_run": next((_run_json(run) for run in view.runs if run.ended), None),
        "jobs": [_job_json(one) for one in job.jobs],
        "groups": len(view.groups),
        "memberships": view.members,
        "matters": [_matter_json(matter) for matter in view.matters],
        "directories": [
            {**_read_json(one), "doubted_groups": list(standing.doubted(one.directory))} for one in standing.reads
        ],
        "pending": [_pending_json(group, one) for group in view.groups for one in group.pending],
        "held": [_held_json(one) for one in view.held],
        "quarantine": [_trouble_json(one) for one in view.troubles],
        "unresolved": [_person_json(person) for person in view.people],
        "open_writes": [_intent_json(one) for one in view.intents],
        "audit": {
            "sound": not job.chain,
            "records": standing.tip.seq,
            "checked": standing.checked,
            "hash": standing.tip.hash,
            "finding": job.chain or None,
        },
    }


def _job_json(one: JobStanding) -> dict[str, Any]:
    return {
        "name": one.name,
        "schedule": one.schedule,
        "next_run": _iso(one.next_run),
        "last_complete": _iso(one.last_complete),
        "stale_after": int(one.stale_after.total_seconds()),
    }


def _run_json(past: PastRun) -> dict[str, Any]:
    return {
        "run": past.run.id,
        "kind": past.run.kind.value,
        "job": past.run.job,
        "started": past.run.started.isoformat(),
        "ended": _iso(past.ended),
        "outcome": past.outcome,
        "counts": dict(past.counts),
    }


def _matter_json(matter: Matter) -> dict[str, Any]:
    return {
        "kind": matter.kind.value,
        "grave": matter.kind.is_grave,
        "subject": matter.subject,
        "text": matter.text,
        "remedy": matter.remedy,
        "command": matter.command,
    }


def _read_json(one: LastRead) -> dict[str, Any]:
    last = one.last
    return {
        "name": one.directory,
        "last_read": _iso(last.at if last else None),
        "last_complete": _iso(one.complete.at if one.complete else None),
        "record": last.seq if last else None,
        "run": last.run if last else None,
        "server": last.server if last else None,
        "entries": last.entries if last else None,
        "groups": last.groups if last else None,
        "people": last.people if last else None,
        "recalled": _iso(last.recalled if last else None),
        "doubts": list(last.doubts) if last else [],
    }


def _pending_json(group: Sight, one: Pending) -> dict[str, Any]:
    return {
        "group": group.name,
        "mapping": group.key,
        "action": one.action.value,
        "members": one.number,
        "such_as": list(one.members),
    }


def _held_json(one: Waiting) -> dict[str, Any]:
    case = one.case
    return {
        "digest": case.digest,
        "group": case.held.name,
        "mapping": case.held.key,
        "members": sum(len(change.members) for change in case.held.changes),
        "findings": [{"guard": f.guard.value, "text": f.text} for f in case.held.findings],
        "since": case.first_seen.isoformat(),
        "status": case.status.value,
        "awaits": one.awaits,
        "command": one.command,
    }


def _trouble_json(one: Trouble) -> dict[str, Any]:
    return {
        "mapping": one.failure.key,
        "group": one.failure.name,
        "cause": one.failure.cause,
        "runs": one.runs,
        "since": one.since.isoformat(),
        "next_try": _iso(one.next_try),
    }


def _person_json(person: Unlinked) -> dict[str, Any]:
    return {
        "subject": person.subject,
        "kind": person.kind.value,
        "reason": person.reason,
        "groups": [group.name for group in person.groups],
    }


def _intent_json(one: Intent) -> dict[str, Any]:
    return {
        "id": one.id,
        "group": one.group_name,
        "action": one.action.value,
        "members": len(one.members),
        "at": one.at.isoformat(),
        "run": one.run,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
