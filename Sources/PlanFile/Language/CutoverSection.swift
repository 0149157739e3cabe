/// `cutover`
enum CutoverSection {
    static let approval = Key(
        "approval", Shape<Plan.Cutover.Approval>.choice(),
        "Whether cutover waits for `skein cutover`, or begins by itself once the lag is below `max-lag`.",
        default: "manual",
    )
    static let maxLag = Key(
        "max-lag", .duration, "How far behind the source the target may be when cutover begins.", default: "5 s")
    static let fence = Key(
        "fence", Shape<Plan.Cutover.Fence>.choice(),
        "What keeps the application from writing to the source during cutover: nothing of ours, or making the "
            + "source's database read-only.", default: "none",
    )
    static let verify = Key(
        "verify", Shape<Plan.Cutover.Verify>.choice(),
        "How source and target are compared at the end.", default: "checksums",
    )

    static let fallback = Key(
        "fallback", .boolean,
        "Whether changes on the target are carried back to the source after the cutover, so that `skein rollback` can "
            + "return without loss, until `skein clean` ends it.", default: false,
    )

    static let keys = [approval.declared, maxLag.declared, fence.declared, verify.declared, fallback.declared]
    static let shape = Shape<Plan.Cutover>.section(keys) { fields, decoding in
        var cutover = silent
        cutover.approval = decoding.read(approval, in: fields, default: cutover.approval.value)
        cutover.maxLag = decoding.read(maxLag, in: fields, default: cutover.maxLag.value)
        cutover.fence = decoding.read(fence, in: fields, default: cutover.fence.value)
        cutover.verify = decoding.read(verify, in: fields, default: cutover.verify.value)
        cutover.fallback = decoding.read(fallback, in: fields, default: false)
        return cutover
    }

    /// The cutover of a plan that says nothing about it.
    static let silent = Plan.Cutover(
        approval: Located(.manual),
        maxLag: Located(PlanDuration(microseconds: 5_000_000, text: "5 s")),
        fence: Located(.none),
        verify: Located(.checksums),
        fallback: Located(false),
    )
}
