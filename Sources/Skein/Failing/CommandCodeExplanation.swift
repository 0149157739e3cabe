extension CommandCode {
    /// A paragraph for people: what it means, and what to do. One line.
    var explanation: String { aboutCommandLine ?? aboutRun }

    /// Of codes about what was asked for.
    private var aboutCommandLine: String? {
        switch self {
        case .usage:
            """
            An argument is missing, unknown or not what the option takes; nothing was done. `skein COMMAND --help` \
            lists what there is. The exit code is 2.
            """
        case .savedPlanUnusable:
            """
            A file that `plan --out` wrote is cut off, was edited, or comes from a version of Skein with another \
            format. It holds nothing that the plan file does not: save it again with `skein plan PLAN --out FILE`.
            """
        case .savedPlanOutdated:
            """
            A saved plan is bound to the plan file and to both catalogs as they were looked at, so that what runs is \
            what was reviewed. Definitions have changed since; the message names them. Save it again and look at what \
            it says now.
            """
        case .cannotWrite:
            """
            A file that was asked for cannot be written: the folder is missing, the disk is full or read-only, the \
            permissions say no, or something else is in that place that is not overwritten. Name another path.
            """
        case .otherMode:
            """
            Cutover, `--resync` and `--repair` are for `mode: live`: an offline `migrate` runs to the end by itself. \
            `mode` cannot be changed once a migration has begun, short of `--drop-if-exists`.
            """
        case .notConfirmed:
            """
            The command would drop or delete something, and asks. Where stdin is no terminal nobody can answer, so it \
            ends: say `--yes` in scripts.
            """
        case .nothingMatches:
            """
            A name or pattern behind `--tables` or `--resync` matches nothing that this migration copies. Names are \
            written `schema.table`, as in SQL; `skein status PLAN --all-tables` lists what there is.
            """
        case .cannotListen:
            """
            `--metrics-listen` names an address that this machine does not have, a port that another process listens \
            at, or one below 1024 that only root may take. Name another, or port 0 for any that is free; the migration \
            runs without it, too.
            """
        default: nil
        }
    }

    /// Of codes about a migration that has begun, or should have.
    private var aboutRun: String {
        switch self {
        case .planChanged:
            """
            What is done was done by the plan as it was when the migration began. URIs, numbers of jobs, max-lag, fence, \
            approval, verify and max-size may change between runs; the message names what else did. Put it back, or \
            start over with `skein migrate PLAN --drop-if-exists`.
            """
        case .otherServer:
            """
            System identifier, database or timeline are not those of the server that the migration began with: the URI \
            points elsewhere, or the server was restored or failed over. Correct the URI; after a failover of a live \
            source, `skein migrate PLAN --repair` goes on.
            """
        case .unknownState:
            """
            The state (schema `skein` on the target) has a format of another version of Skein. Use the version that \
            wrote it to finish the migration or to `clean` it; `skein --version` says which one this is.
            """
        case .stillRunning:
            """
            A process works on this migration, perhaps on another machine: its sessions on the target are named \
            `skein NAME …` in pg_stat_activity. Stop it first (Ctrl-C is safe at any moment), then run the command again.
            """
        case .notBegun:
            """
            The target holds no state of a migration of this name. Run `skein migrate PLAN` first; look at `name` and \
            `target.uri` if you think that it has begun.
            """
        case .tooEarly:
            """
            Something stands against it: tables are still copied, the lag is above `cutover.max-lag`, nobody follows the \
            source, or the source has transactions that would keep the application waiting. The gate stays closed and \
            the application notices nothing. `skein status PLAN` says how far it is; try again then.
            """
        case .alreadyFinished:
            """
            The migration is complete: the target is the database now, and the application may write to it. What is \
            withdrawn or copied again after that would lose those writes, so nothing was done.
            """
        case .streamBroken:
            """
            The slot is gone or invalidated, the spool is lost or damaged beyond its tail, or the source failed over: \
            changes are missing, and going on would lose them. What is on the target stays. `skein migrate PLAN \
            --repair` makes a new slot, compares every piece by checksum, copies again only what differs, and follows \
            from there. Prevent it: raise or unset `max_slot_wal_keep_size`, keep the spool on a disk that stays.
            """
        case .needsHand:
            """
            The run stopped at something that only a person can decide or do, such as a column that the source has \
            gained; the message says what, and the statement to run. Nothing is lost: run it, then the same command. \
            The exit code is 4.
            """
        case .withdrawn:
            """
            The cutover was withdrawn by Ctrl-C or `skein cutover PLAN --abort`: the fence is lifted, and the migration \
            follows the source as before it. Start it again when it suits you.
            """
        case .serverRefused:
            """
            A server refused a statement; its own sentence, the object and its hint are in the message. Rights, locks \
            and limits are the usual reasons. After mending it, run the same command: what is done stays done.
            """
        case .catalogsLocked:
            """
            Reading the catalogs waits for sessions that hold relations in ACCESS EXCLUSIVE mode, such as an ALTER TABLE \
            or a VACUUM FULL; the message names them. Wait for them or end them, then run the same command.
            """
        case .stopped:
            """
            A signal, or failures that lasted longer than `--retry-for`, ended the run. What was not committed is rolled \
            back and done again. Run the same command to go on; the exit code is 4.
            """
        case .taskFailed:
            """
            A task failed in a way that waiting does not mend, and was not tried again; tasks behind it could not run, \
            all others did. The message has the server's words and a cure. Mend the cause and run the same command: \
            what is done stays done.
            """
        case .differences:
            """
            The comparison found rows that are on one side only, or that differ; the message and `skein verify PLAN` \
            name the keys. Mostly something wrote to one side: to the source behind the marker (`fence: none`), during an \
            offline run, or to the target. In live mode the fence stays; `skein cutover PLAN --abort`, `skein migrate \
            PLAN --resync TABLE`, and another cutover mend a table. The exit code is 3.
            """
        case .sourceTrouble:
            """
            Something on the source is in the way of slot, publications or fence: a prepared transaction, a role's own \
            setting that passes the fence, a subscription that writes into the database, a missing right. The message \
            says which, and what to run.
            """
        case .noWayBack:
            """
            `skein rollback` needs a cutover that is complete and was made with `cutover: {fallback: true}`, and changes that \
            are carried back closely enough: the message says what is missing. Nothing was changed on either side, and \
            the application stays where it is. The plan's key must be there before the cutover; afterwards there is no \
            way back to make.
            """
        case .wayBackLost:
            """
            The slot on the target, or what was received from it, is gone: changes that the application made there cannot \
            be carried to the source any more, and a rollback would lose them. The target stays the database. `skein \
            clean PLAN` removes what is left of the way back on both sides.
            """
        case .unexpected:
            """
            This should not happen and is a mistake in Skein. What is committed stays, and the same command may go on. \
            Please report the message with `skein --version`, the command, and the end of the log (`--log-file`); it \
            holds no passwords and no rows.
            """
        default: "\(meaning)."
        }
    }
}
