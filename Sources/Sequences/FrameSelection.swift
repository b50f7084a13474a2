/// Which frames of a path are made, and how many the path has if a single number says so.
///
/// A number alone is the path's length, all of whose frames are made. Anything else is a list of frames
/// and ranges, such as `1-100x2,150`: of frames 1 to 100 every second, and frame 150.
package enum FrameSelection: Sendable, Equatable {
  case all(count: Int)
  case listed(FrameList)

  /// nil where the text is neither.
  package init?(_ text: String) {
    if let count = Int(text), text.allSatisfy(\.isNumber) {
      guard (1...SequenceFrames.limit).contains(count) else { return nil }
      self = .all(count: count)
    } else if let list = FrameList(text) {
      self = .listed(list)
    } else {
      return nil
    }
  }
}

/// A list of frames: numbers and ranges with commas, ranges optionally with a step.
package struct FrameList: Sendable, Equatable {
  /// Ascending, each once.
  package let frames: [Int]

  package init?(_ text: String) {
    var frames: [Int] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let match = part.wholeMatch(of: /([0-9]{1,7})(?:-([0-9]{1,7})(?:x([0-9]{1,7}))?)?/),
        let first = Int(match.output.1)
      else { return nil }
      let last = match.output.2.flatMap { Int($0) } ?? first
      let step = match.output.3.flatMap { Int($0) } ?? 1
      guard first >= 1, last >= first, last <= SequenceFrames.limit, step >= 1 else { return nil }
      let range = stride(from: first, through: last, by: step)
      // The same frames over and over would take their time.
      guard frames.count + (last - first) / step < 2 * SequenceFrames.limit else { return nil }
      frames.append(contentsOf: range)
    }
    frames.sort()
    var unique: [Int] = []
    for frame in frames where frame != unique.last { unique.append(frame) }
    self.frames = unique
  }
}

/// One of several equal parts of a sequence, for as many computers: every n-th frame.
package struct Shard: Sendable, Equatable {
  /// From 1.
  package let index: Int
  package let count: Int

  /// nil unless 1 ≤ index ≤ count.
  package init?(index: Int, count: Int) {
    guard count >= 1, count <= 1_000_000, (1...count).contains(index) else { return nil }
    self.index = index
    self.count = count
  }

  /// Reads `index/count`.
  package init?(_ text: String) {
    guard let match = text.wholeMatch(of: /([0-9]{1,7})\/([0-9]{1,7})/),
      let index = Int(match.output.1), let count = Int(match.output.2)
    else { return nil }
    self.init(index: index, count: count)
  }

  /// The part that Slurm's variables tell a job of an array; nil outside of one.
  ///
  /// - Returns: `.failure` with what was found, where the variables do not fit each other.
  package static func ofSlurm(_ environment: [String: String]) -> Result<Shard, SlurmFailure>? {
    guard let id = environment["SLURM_ARRAY_TASK_ID"],
      let count = environment["SLURM_ARRAY_TASK_COUNT"]
    else { return nil }
    let first = environment["SLURM_ARRAY_TASK_MIN"] ?? "0"
    let step = environment["SLURM_ARRAY_TASK_STEP"] ?? "1"
    let found = "task \(id) of \(count) from \(first) on in steps of \(step)"
    guard let id = Int(id), let count = Int(count), let first = Int(first), let step = Int(step),
      step > 0, (0...1_000_000_000).contains(id), (0...1_000_000_000).contains(first),
      (id - first) % step == 0, let shard = Shard(index: (id - first) / step + 1, count: count)
    else { return .failure(SlurmFailure(found: found)) }
    return .success(shard)
  }

  package struct SlurmFailure: Error, Equatable {
    package let found: String
  }

  /// The shard's own of some frames.
  package func frames(of all: [Int]) -> [Int] {
    stride(from: index - 1, to: all.count, by: count).map { all[$0] }
  }
}
