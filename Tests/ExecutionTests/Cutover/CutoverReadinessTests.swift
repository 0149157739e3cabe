import PlanFile
import Planning
import Testing

@testable import Execution

@Suite("Whether a cutover may begin")
struct CutoverReadinessTests {
    private static func records(open: Set<Int> = []) -> [TaskRecord] {
        let piece = Piece(
            table: QualifiedName(schema: "public", name: "t"), tableOID: 1, number: 1, count: 1, rows: .all,
            columns: [], isBinary: true, mayFreeze: false, estimatedRows: 1, estimatedBytes: 3 << 20)
        let actions: [Action] = [.copy(piece), .follow, .catchUp, .attachIndexes, .gate, .fence]
        return actions.enumerated().map { number, action in
            TaskRecord(
                number: number,
                task: MigrationTask(id: action.kind, action: action, needs: number == 0 ? [] : [number - 1]),
                state: number >= 4 || open.contains(number) ? .pending : .done, attempts: 0, isRedo: false)
        }
    }

    private static func status(
        lag: Double = 0.3, phase: FollowStatus.Phase = .following, paused: String? = nil,
    ) -> FollowStatus {
        FollowStatus(
            phase: phase, sourceEnd: "0/2", received: "0/2", durable: "0/2", applied: "0/1", lagBytes: 2048,
            lagSeconds: lag, sourceBytesPerSecond: 0, appliedBytesPerSecond: 0, changesPerSecond: 0,
            appliedTransactions: 0, appliedChanges: 0, spoolBytes: 0, secondsToCatchUp: 12, paused: paused)
    }

    private func reasons(
        _ records: [TaskRecord] = records(), _ status: FollowStatus? = status(), age: Double? = 1,
        isFollowed: Bool = true, broken: String? = nil, isWithdrawing: Bool = false, prepared: Int = 0,
    ) -> [CutoverReadiness.Reason] {
        CutoverReadiness(
            CutoverReadiness.Facts(
                records: records, status: status, statusAge: age, isFollowed: isFollowed, broken: broken,
                isWithdrawing: isWithdrawing, preparedTransactions: prepared), maxLag: 5
        ).reasons
    }

    @Test func `Everything before the gate is done and the lag is small: it may`() {
        #expect(reasons() == [])
        #expect(CutoverReadiness().isReady)
    }

    @Test func `What is still to be done is named, tasks behind the gate are not`() {
        #expect(reasons(Self.records(open: [0, 1, 2])) == [.stillCopying(pieces: 1, bytes: 3 << 20)])
        #expect(reasons(Self.records(open: [3])) == [.stillPreparing(tasks: 1, examples: ["attach-indexes"])])
        #expect(reasons(Self.records(open: [2])) == [.catchingUp])
        #expect(reasons(Self.records(open: [2]), Self.status(phase: .catchingUp)) == [.catchingUp])
    }

    @Test func `A lag above the plan's limit is told with its numbers`() {
        let lag = reasons(Self.records(), Self.status(lag: 60))
        #expect(lag == [.lag(seconds: 60, bytes: 2048, limit: 5, secondsToCatchUp: 12)])
        #expect(
            lag.map(\.text) == [
                "the target is 60 s and 2.0 kB behind the source, more than cutover.max-lag (5.0 s) allows; at this rate "
                    + "it catches up in 12 s"
            ])
    }

    @Test func `Nobody follows, or nobody says how far: not yet`() {
        #expect(reasons(isFollowed: false) == [.notFollowed])
        #expect(reasons(age: 60) == [.silent(seconds: 60)])
        #expect(reasons(Self.records(), nil, age: nil) == [.silent(seconds: 0)])
        #expect(reasons(Self.records(), Self.status(phase: .receiving)) == [.catchingUp])
    }

    @Test func `Reasons are collected, never only the first`() {
        let found = reasons(
            Self.records(open: [0]), Self.status(lag: 60, paused: "the spool is full"), broken: "slot lost",
            isWithdrawing: true, prepared: 2)
        #expect(
            found == [
                .withdrawing, .broken("slot lost"), .stillCopying(pieces: 1, bytes: 3 << 20),
                .paused("the spool is full"), .lag(seconds: 60, bytes: 2048, limit: 5, secondsToCatchUp: 12),
                .preparedTransactions(2),
            ])
        #expect(found.allSatisfy { !$0.text.isEmpty })
    }
}
