package import Postgres

/// What to receive from where.
package struct ReceiverOptions: Sendable {
    package var source: ConnectionTarget
    /// Of the walsender; one that holds the slot under the same name is an earlier one of ours, and is ended.
    package var applicationName: String
    package var slot: String
    /// `Plugin.options`.
    package var plugin: [(name: String, value: String)]
    /// Where it is known: a slot of another server or timeline is another stream.
    package var server: StreamOrigin?
    /// What is received is made durable at least this often.
    package var syncInterval = Duration.milliseconds(200)
    /// Or when so many bytes wait for it.
    package var syncBytes = 16 << 20
    /// Syncs are at least this far apart: a stream that trickles shall not sync for each transaction.
    package var syncPause = Duration.milliseconds(40)
    package var feedbackInterval = Duration.seconds(5)
    /// How often an idle source's position is made durable and confirmed.
    package var coverInterval = Duration.seconds(3)
    /// How long to try to connect again before the failure is thrown; nil: for ever.
    package var retryFor: Duration?

    package init(
        source: ConnectionTarget, applicationName: String, slot: String, plugin: [(name: String, value: String)],
        server: StreamOrigin? = nil, retryFor: Duration? = nil,
    ) {
        self.source = source
        self.applicationName = Connection.shortened(applicationName)
        self.slot = slot
        self.plugin = plugin
        self.server = server
        self.retryFor = retryFor
    }
}

/// Which server and history of it (`IDENTIFY_SYSTEM`).
package struct StreamOrigin: Sendable, Equatable {
    package var systemIdentifier: String
    package var timeline: Int

    package init(systemIdentifier: String, timeline: Int) {
        self.systemIdentifier = systemIdentifier
        self.timeline = timeline
    }
}
