import Sequences
import Testing

@Suite("Choosing and naming frames") struct FrameSelectionTests {
  @Test(
    "a place for the number is filled to its width, and longer numbers are whole",
    arguments: [
      ("####.png", 7, "0007.png"), ("a/b_##.png", 123, "a/b_123.png"), ("%04d.png", 7, "0007.png"),
      ("%d.png", 7, "7.png"), ("%3d.png", 7, "007.png"), ("/x/f#-end.png", 5, "/x/f5-end.png"),
    ])
  func pattern(text: String, frame: Int, path: String) throws {
    #expect(try FramePattern(text).path(of: frame) == path)
  }

  @Test(
    "a pattern with no place, two, or one in a folder is refused",
    arguments: [
      ("morph.png", .noPlace), ("##-##.png", .manyPlaces), ("%d#.png", .manyPlaces),
      ("##/morph.png", .placeInFolder), ("%s.png", .noPlace), ("", .noPlace),
      ("##/##.png", .placeInFolder),
    ] as [(String, FramePattern.Failure)])
  func noPattern(text: String, failure: FramePattern.Failure) {
    #expect(throws: failure) { try FramePattern(text) }
  }

  @Test(
    "a list is its frames, once each, in order",
    arguments: [
      ("1-10x3,9,2", [1, 2, 4, 7, 9, 10]), ("5-5", [5]), ("3,3,1", [1, 3]), ("1-4", [1, 2, 3, 4]),
    ])
  func list(text: String, frames: [Int]) {
    #expect(FrameList(text)?.frames == frames)
    #expect(FrameSelection(text) == FrameList(text).map { .listed($0) })
  }

  @Test("a number alone is the path's length") func count() {
    #expect(FrameSelection("120") == .all(count: 120))
  }

  @Test(
    "what is no list is refused",
    arguments: [
      "", "0", "0-3", "3-1", "1-5x0", "a", "1,", "1-2-3", "-1", "1.5", "99999999", "1-x2",
    ])
  func noList(text: String) {
    #expect(FrameSelection(text) == nil)
  }

  @Test("shards share the frames out, each once", arguments: 1...5)
  func shards(count: Int) throws {
    let frames = Array(3...13)
    let parts = try (1...count).map {
      try #require(Shard("\($0)/\(count)")).frames(of: frames)
    }
    #expect(parts.joined().sorted() == frames)
    let counts = parts.map(\.count)
    #expect(try #require(counts.max()) - #require(counts.min()) <= 1)
  }

  @Test("no shard is outside of its count", arguments: ["0/3", "4/3", "1/0", "1", "a/b", "-1/2"])
  func noShard(text: String) {
    #expect(Shard(text) == nil)
  }

  @Test("Slurm's array variables are a shard, from any first task on and in any step")
  func slurm() throws {
    #expect(Shard.ofSlurm([:]) == nil)
    func shard(_ id: String, _ count: String, _ first: String?, _ step: String? = nil) -> Shard? {
      var environment = ["SLURM_ARRAY_TASK_ID": id, "SLURM_ARRAY_TASK_COUNT": count]
      environment["SLURM_ARRAY_TASK_MIN"] = first
      environment["SLURM_ARRAY_TASK_STEP"] = step
      return try? Shard.ofSlurm(environment)?.get()
    }
    #expect(shard("3", "8", "1") == Shard(index: 3, count: 8))
    #expect(shard("3", "8", nil) == Shard(index: 4, count: 8))
    #expect(shard("14", "3", "10", "2") == Shard(index: 3, count: 3))
    #expect(shard("9", "8", "1") == nil)
    #expect(shard("x", "8", "1") == nil)
    #expect(shard("11", "3", "10", "2") == nil)
  }

  @Test("a list that names the same frames again and again is refused before it takes its time")
  func repeatedRanges() {
    #expect(FrameList("1-1000000,1-999999")?.frames.count == 1_000_000)
    #expect(FrameList(Array(repeating: "1-1000000", count: 900).joined(separator: ",")) == nil)
  }
}
