import Execution

@testable import Skein

/// What a display may have to show, as a run tells it.
enum DisplayScene: String, CaseIterable {
    case copying, building, following, cutover, failing

    var state: DisplayState {
        var display = RunDisplay(name: "iot-production", isLive: isLive, cutoverHint: "skein cutover iot.yaml")
        for (event, now) in events { display.apply(event, now: now) }
        return display.state
    }

    private var isLive: Bool { self == .following || self == .cutover }

    private var events: [(RunEvent, Double)] {
        switch self {
        case .copying: Self.begin + [(.progress(Self.copies), 200)]
        case .building:
            Self.begin + [
                (.started(id: "index:public.readings_device_id_time_idx", attempt: 1), 300),
                (.warning(id: "extension:postgis", text: "the target has 3.4.2, the source 3.3.1"), 310),
                (.progress(Self.builds), 400),
            ]
        case .following:
            Self.begin + [(.started(id: "follow", attempt: 1), 400), (.progress(Self.idle), 500)]
                + (0..<40).map { (.progress(Self.following(lag: 40 / Double($0 + 1))), 501 + Double($0)) }
                + [(.cutover(.ready), 541)]
        case .cutover:
            Self.begin + [
                (.started(id: "follow", attempt: 1), 400), (.following(Self.status(lag: 0.4)), 500),
                (.cutover(.begun), 510), (.finished(id: "fence", rows: nil, bytes: nil, seconds: 0.2), 511),
                (.progress(Self.comparing), 512),
            ]
        case .failing:
            Self.begin + [
                (.progress(Self.copies), 200),
                (.retrying(id: "copy:public.readings:0017", reason: "server closed the connection", after: 0.5), 201),
                (.retrying(id: "copy:public.readings:0017", reason: "connection refused", after: 1), 202),
                (.stalled(seconds: 30, waitingFor: "target: copy waits for Lock relation, held up by pid 4711"), 232),
                (.failed(id: "constraint:public.a.a_pkey", reason: "could not create unique index \"a_pkey\""), 240),
            ]
        }
    }

    private static let begin: [(RunEvent, Double)] = [
        (.begun(tasks: 1_240, done: 0, isResumed: false), 0), (.started(id: "dump-schema", attempt: 1), 0),
        (.finished(id: "dump-schema", rows: nil, bytes: nil, seconds: 1), 1),
        (.started(id: "copy:public.readings:0001", attempt: 1), 2),
    ]

    private static func progress(
        _ done: Int, copied: Int64, rate: Double, share: Double?, left: TimeLeft?, _ work: [RunEvent.Work],
    ) -> RunEvent.Progress {
        var progress = RunEvent.Progress(
            done: done, tasks: 1_240, running: work.count, copiedBytes: copied, totalBytes: 48_318_382_080,
            bytesPerSecond: rate, elapsedSeconds: 200)
        (progress.share, progress.left, progress.work) = (share, left, work)
        return progress
    }

    private static func work(
        _ id: String, _ seconds: Double, _ fraction: Double? = nil, bytes: Int64? = nil, step: String? = nil,
    ) -> RunEvent.Work {
        var work = RunEvent.Work(id: id, seconds: seconds, fraction: fraction)
        work.bytes = bytes
        work.totalBytes = bytes.flatMap { bytes in fraction.map { Int64(Double(bytes) / $0) } }
        work.step = step
        return work
    }

    private static let copies = progress(
        310, copied: 19_327_352_832, rate: 86_507_520, share: 0.317,
        left: TimeLeft(seconds: 431, isRough: false, until: .ready),
        [
            work("copy:public.readings:0017", 12, 0.415, bytes: 125_829_120),
            work("copy:public.readings:0018", 8, 0.21, bytes: 62_914_560),
            work("copy:Vertrieb.Größenänderungen_früherer_Jahre:0002", 61, 0.99, bytes: 912_914_560),
            work("copy:測定.温度の記録", 3, 0.03, bytes: 1_914_560),
            work("large-objects", 70),
            work("index:public.devices_serial_number_and_manufacturer_key", 4, 0.5, step: "sorting"),
        ])

    private static let builds = progress(
        1_100, copied: 48_318_382_080, rate: 0, share: 0.803,
        left: TimeLeft(seconds: 1_100, isRough: true, until: .end),
        [
            work("index:public.readings_device_id_time_idx", 100, 0.31, step: "scanning the table"),
            work("constraint:public.events.events_pkey", 44, 0.77, step: "writing"),
            work("analyze:public.devices", 1, 0.4, step: "acquiring sample rows"),
            work("validate:public.events.events_device_id_fkey", 9),
        ])

    private static let idle = progress(
        1_230, copied: 48_318_382_080, rate: 0, share: nil, left: nil, [])

    private static func following(lag: Double) -> RunEvent.Progress {
        var progress = idle
        progress.following = status(lag: lag)
        return progress
    }

    private static let comparing = progress(
        1_236, copied: 48_318_382_080, rate: 0, share: 0.97,
        left: TimeLeft(seconds: 4.2, isRough: false, until: .end),
        [work("verify:public.readings:0001", 1.2), work("verify:public.readings:0002", 0.4)])

    private static func status(lag: Double) -> FollowStatus {
        FollowTextTests.status(.following) { status in
            status.lagSeconds = lag
            status.lagBytes = Int64(lag * 1_048_576)
        }
    }
}
