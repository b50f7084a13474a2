import Checkpoints
import NeuralFields
import Testing

/// Numbers and keys that are well formed, and that no training and no fit writes.
@Suite("Values from strangers")
struct HostileValuesTests {
  private static let range: ClosedRange<Float> = -1e6...1e6

  /// Writes a file, changes it, and reads it again.
  private func expect<Value>(
    _ error: (_ path: String) -> CheckpointError, write: (_ path: String) throws -> Void,
    change: (inout SafetensorsFile) throws -> Void, read: (_ path: String) throws -> Value
  ) throws {
    try SafetensorsBytes.withTemporaryPath { path in
      try write(path)
      _ = try read(path)
      var file = try Safetensors.read(path)
      try change(&file)
      try Safetensors.write(file, to: path, overwriting: true)
      #expect(throws: error(path)) { try read(path) }
    }
  }

  private func expectRange(
    of tensor: String, in file: LatentFile, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try expect {
      .value(path: $0, tensor: tensor, index: 0, found: -1e30, expected: Self.range)
    } write: {
      try file.write(to: $0, overwriting: false)
    } change: {
      $0.setValue(-1e30, at: 0, of: tensor)
    } read: {
      try LatentFile.read($0)
    }
  }

  @Test("codes of a model are in −10⁶…10⁶, read and written")
  func codes() throws {
    try expect {
      .value(path: $0, tensor: "latents", index: 4, found: 2e6, expected: Self.range)
    } write: {
      try TinyModel.checkpoint().write(to: $0, overwriting: false)
    } change: {
      $0.setValue(2e6, at: 4, of: "latents")
    } read: {
      try Checkpoint.read($0)
    }
    var model = TinyModel.checkpoint()
    model.latents.values[4] = -2e6
    #expect(
      throws: CheckpointError.value(
        path: "m", tensor: "latents", index: 4, found: -2e6, expected: Self.range)
    ) { try model.write(to: "m", overwriting: false) }
  }

  @Test("codes, changes, draws and rows of a latent file are in −10⁶…10⁶")
  func latents() throws {
    for tensor in ["code", "change.0.weight", "change.0.hidden.0.weight.right"] {
      try expectRange(of: tensor, in: LatentFileTests.file())
    }
    try expectRange(of: "posterior.left_factors", in: LatentFileTests.fileWithChangedDraws())
    try expectRange(of: "posterior.codes", in: LatentFileTests.fileWithDraws())
    try expectRange(of: "trajectory.rows", in: LatentFileTests.movingFile())
    var file = LatentFileTests.file()
    file.latent.changes[0].weight = 1e7
    #expect(throws: CheckpointError.self) { try file.write(to: "l", overwriting: false) }
  }

  @Test("counts of a training's state are whole")
  func counts() throws {
    try expect {
      .configuration(
        path: $0, key: "tensor optimizer.code_steps[0]", found: "2.5", expected: "a whole number")
    } write: {
      try TinyModel.snapshot().write(to: $0)
    } change: {
      $0.setValue(2.5, at: 0, of: "optimizer.code_steps")
    } read: {
      try TrainingSnapshot.read($0)
    }
  }

  @Test("a training's seconds are fewer than any clock has")
  func seconds() throws {
    try expect {
      .configuration(
        path: $0, key: "counters.seconds", found: "1e300", expected: "a number in 0…1e15")
    } write: {
      try TinyModel.snapshot().write(to: $0)
    } change: { file in
      let counters = try #require(file.metadata["hypermarch.counters"])
      let range = try #require(counters.firstRange(of: "seconds=0.30000000000000004"))
      file.metadata["hypermarch.counters"] = counters.replacingCharacters(
        range, by: "seconds=1e300")
    } read: {
      try TrainingSnapshot.read($0)
    }
  }

  @Test(
    "a key has one spelling, snake case; names of options are free",
    arguments: [("format_version", "formatVersion"), ("latent_width", "latent__width")])
  func spellings(key: String, alias: String) throws {
    try expect {
      .configuration(
        path: $0, key: "", found: "key \"\(alias)\"",
        expected: "keys in snake case, without capitals")
    } write: {
      try TinyModel.checkpoint(training: TinyModel.training).write(to: $0, overwriting: false)
    } change: {
      try $0.replace("\"\(key)\":", "\"\(alias)\":1,\"\(key)\":")
    } read: {
      try Checkpoint.read($0)
    }
  }
}

extension String {
  /// The text with a part of it replaced.
  fileprivate func replacingCharacters(_ range: Range<Index>, by part: String) -> String {
    self[..<range.lowerBound] + part + self[range.upperBound...]
  }
}
