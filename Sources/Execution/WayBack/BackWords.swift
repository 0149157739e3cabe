/// Words of the way forth, told of the way back: the same machinery calls where changes come from the source.
package enum BackWords {
    /// `the source holds …` becomes `the target holds …`, and the other way round; names keep their letters.
    package static func exchanged(_ text: String) -> String {
        text.split(separator: " ", omittingEmptySubsequences: false).map { word -> String in
            for (from, to) in [("source", "target"), ("target", "source")] {
                for end in ["", ",", ".", ";", ":", "'s"] where word == from + end { return to + end }
            }
            return String(word)
        }.joined(separator: " ")
    }

    static func telling(_ tell: @escaping @Sendable (RunEvent) -> Void) -> @Sendable (RunEvent) -> Void {
        { event in
            switch event {
            case .streamNotice(let text): tell(.streamNotice("way back: " + exchanged(text)))
            case .retrying(let id, let reason, let pause):
                tell(.retrying(id: "back:" + id, reason: exchanged(reason), after: pause))
            default: tell(event)
            }
        }
    }

    /// There is no repair of a way back: it would have to compare everything while the application writes.
    static func failure(_ failed: FollowFailure) -> TaskFailure {
        var failure = failed.failure
        failure.task = "back"
        failure.message = exchanged(failure.message)
        failure.cure =
            failed.isResumable
            ? failure.cure.map(exchanged)
            : "the way back is lost, and the application stays on the target: `skein clean` ends it"
        return failure
    }
}
