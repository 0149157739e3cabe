@testable import LogicalDecoding
