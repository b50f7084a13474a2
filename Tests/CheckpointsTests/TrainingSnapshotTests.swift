import Checkpoints
import Files
import NeuralFields
import Testing

@Suite("Training snapshot")
struct TrainingSnapshotTests {
  @Test("a snapshot comes back as it was written", arguments: [false, true])
  func roundTrip(hasGood: Bool) throws {
    try SafetensorsBytes.withTemporaryPath { path in
      let snapshot = hasGood ? TinyModel.snapshotWithGood() : TinyModel.snapshot()
      try snapshot.write(to: path)
      let read = try TrainingSnapshot.read(path)
      #expect(read.configuration == snapshot.configuration)
      #expect(read.point == snapshot.point)
      #expect(read.lastGood == snapshot.lastGood)
      #expect(read.health == snapshot.health)
      #expect(read.seconds == 0.1 + 0.2)
      #expect(read.samples == 12_345)
      #expect(read.isComplete)
      #expect(read.number == 312)
    }
  }

  @Test("a snapshot of no step yet comes back too")
  func beginning() throws {
    try SafetensorsBytes.withTemporaryPath { path in
      var snapshot = TinyModel.snapshot()
      snapshot.point.cells = []
      snapshot.point.samplesPerRay = nil
      snapshot.point.smoothedLoss = nil
      snapshot.health = TrainingSnapshot.Health()
      try snapshot.write(to: path)
      let read = try TrainingSnapshot.read(path)
      #expect(read.point == snapshot.point && read.health == snapshot.health)
    }
  }

  @Test("what makes the keys of recurrent paths comes back too, also of the good state")
  func recurrence() throws {
    try SafetensorsBytes.withTemporaryPath { path in
      var snapshot = TinyModel.snapshotWithGood()
      snapshot.configuration.motion = [
        LatentTrajectory(scene: "m", curve: .recurrent, firstRow: 0, rowCount: 2, loops: true)
      ]
      let count = CodeRecurrence.parameterCount(
        codeWidth: 3, stateWidth: CodeRecurrence.defaultStateWidth)
      func numbers(_ count: Int, _ start: Float) -> [Float] {
        (0..<count).map { start + 0.25 * Float($0) }
      }
      let recurrence = TrainingSnapshot.Recurrence(
        parameters: numbers(count, -2), codes: numbers(3, 1), firstMoment: numbers(count, -1),
        secondMoment: numbers(count, 0), codeFirstMoment: numbers(3, -1),
        codeSecondMoment: numbers(3, 0), step: 7, codeSteps: [5])
      snapshot.point.recurrence = recurrence
      snapshot.lastGood?.recurrence = recurrence
      snapshot.lastGood?.recurrence?.step = 3
      try snapshot.write(to: path)
      let read = try TrainingSnapshot.read(path)
      #expect(read.point == snapshot.point && read.lastGood == snapshot.lastGood)

      snapshot.point.recurrence = nil
      try snapshot.write(to: path)
      #expect(throws: CheckpointError.self) { try TrainingSnapshot.read(path) }
    }
  }

  @Test("a running mean comes back too, and is the training's result")
  func average() throws {
    try SafetensorsBytes.withTemporaryPath { path in
      var snapshot = TinyModel.snapshot()
      #expect(snapshot.result.latents == snapshot.model.latents)
      let average = TrainingSnapshot.Average(
        parameters: snapshot.point.firstMoment, codes: [1, 2, 3, 4, 5, 6])
      snapshot.point.average = average
      try snapshot.write(to: path)
      let read = try TrainingSnapshot.read(path)
      #expect(read.point.average == average)
      #expect(read.model.latents == TinyModel.snapshot().model.latents)
      #expect(read.result.hypernetwork.parameters == average.parameters)
      #expect(read.result.latents.values == average.codes)
      #expect(read.result.configuration == snapshot.configuration)
    }
    try expectError({ file in
      file.tensors.append(Tensor(name: "optimizer.average", shape: [1], values: [1]))
    }) {
      .shape(
        path: $0, tensor: "optimizer.average", found: [1],
        expected: [TinyModel.snapshot().point.firstMoment.count])
    }
    try expectError({ file in
      file.tensors.append(Tensor(name: "optimizer.code_average", shape: [1], values: [1]))
    }) { .unexpectedTensor(path: $0, tensor: "optimizer.code_average") }
  }

  @Test("deviations of codes come back too, and a file without them has none")
  func deviations() throws {
    try SafetensorsBytes.withTemporaryPath { path in
      var snapshot = TinyModel.snapshotWithGood()
      let deviations = TrainingSnapshot.Deviations(
        logarithms: [-3, -2.5, 0, 1, -7, -2], firstMoment: [1, -1, 2, -2, 3, -3],
        secondMoment: [1, 1, 4, 4, 9, 9])
      snapshot.point.deviations = deviations
      try snapshot.write(to: path)
      let read = try TrainingSnapshot.read(path)
      #expect(read.point.deviations == deviations && read.lastGood?.deviations == nil)
      #expect(read.point == snapshot.point && read.lastGood == snapshot.lastGood)
    }
    try expectError({ file in
      file.tensors.append(Tensor(name: "optimizer.code_deviations", shape: [1], values: [1]))
    }) {
      .shape(path: $0, tensor: "optimizer.code_deviations", found: [1], expected: [6])
    }
  }

  @Test("a file of version 1 is read, and known to lack something")
  func version1() throws {
    try SafetensorsBytes.withTemporaryPath { path in
      try writeVersion1(to: path)
      let read = try TrainingSnapshot.read(path)
      #expect(!read.isComplete && read.lastGood == nil)
      #expect(read.point.step == 300 && read.point.skippedSteps == 1 && read.point.cells.isEmpty)
      #expect(read.point.optimizerStep == 298 && read.point.codeSteps == [150, 1 << 24])
      #expect(read.point.firstMoment == TinyModel.snapshot().point.firstMoment)
      #expect(read.seconds == 0.25 && read.samples == 12_345)
      try writeVersion1(to: path, progress: "300 1 298 0.25")
      #expect(
        throws: CheckpointError.configuration(
          path: path, key: "progress", found: "300 1 298 0.25",
          expected: "five counters of a training run")
      ) { try TrainingSnapshot.read(path) }
    }
  }

  private func writeVersion1(to path: String, progress: String = "300 1 298 0.25 12345") throws {
    try TinyModel.snapshot().write(to: path)
    var file = try Safetensors.read(path)
    for name in ["cells", "cell_bytes", "visits", "updates", "norms", "losses"] {
      file.remove("optimizer.\(name)")
    }
    file.metadata["hypermarch.state_version"] = nil
    file.metadata["hypermarch.counters"] = nil
    file.metadata["hypermarch.progress"] = progress
    try Safetensors.write(file, to: path, overwriting: true)
  }

  @Test("a newer version is refused by its number")
  func newerVersion() throws {
    try expectError({ $0.metadata["hypermarch.state_version"] = "3" }) {
      .unsupportedVersion(path: $0, found: 3, expected: 2)
    }
    try expectError({ $0.metadata["hypermarch.state_version"] = "two" }) {
      .configuration(path: $0, key: "state_version", found: "two", expected: "2")
    }
  }

  @Test("writing replaces the snapshot before, and the same gives the same bytes")
  func replacing() throws {
    try SafetensorsBytes.withTemporaryPath { path in
      var snapshot = TinyModel.snapshot()
      try snapshot.write(to: path)
      let bytes = try ModelFile.bytes(at: path)
      snapshot.point.step += 1
      try snapshot.write(to: path)
      #expect(try TrainingSnapshot.read(path).point.step == 301)
      try TinyModel.snapshot().write(to: path)
      #expect(try ModelFile.bytes(at: path) == bytes)
    }
  }

  @Test("a snapshot is no model, and a model no snapshot")
  func confusion() throws {
    try SafetensorsBytes.withTemporaryPath { path in
      try TinyModel.snapshot().write(to: path)
      #expect(
        throws: CheckpointError.unexpectedTensor(
          path: path, tensor: "optimizer.cell_bytes")
      ) { try Checkpoint.read(path) }
      try TinyModel.checkpoint().write(to: path, overwriting: true)
      #expect(
        throws: CheckpointError.missingTensor(path: path, tensor: "optimizer.first_moment")
      ) { try TrainingSnapshot.read(path) }
    }
  }

  @Test("a snapshot that could not be read again is not written")
  func unreadable() throws {
    try SafetensorsBytes.withTemporaryPath { path in
      var snapshot = TinyModel.snapshot()
      snapshot.configuration.near = -1
      #expect(
        throws: CheckpointError.configuration(
          path: path, key: "near", found: "-1.0", expected: "0.0…1000000.0")
      ) { try snapshot.write(to: path) }
      #expect(throws: CheckpointError.safetensors(.file(.missing(path: path)))) {
        try TrainingSnapshot.read(path)
      }
    }
  }

  typealias Place = any WritableKeyPath<TrainingSnapshot.Point, [Float]> & Sendable

  /// Every array of a snapshot that goes into its file.
  static let arrays: [(name: String, place: Place)] =
    [
      ("latents", \.codes), ("hypernetwork.trunk.0.weight", \.parameters),
      ("optimizer.first_moment", \.firstMoment), ("optimizer.second_moment", \.secondMoment),
      ("optimizer.code_first_moment", \.codeFirstMoment),
      ("optimizer.code_second_moment", \.codeSecondMoment),
    ]

  @Test(
    "Promise 5: no non-finite number is ever written to a model or a training's state",
    arguments: [Float.nan, .infinity, -.infinity])
  func notFinite(value: Float) throws {
    for (name, array) in Self.arrays {
      try SafetensorsBytes.withTemporaryPath { path in
        var snapshot = TinyModel.snapshot()
        snapshot.point[keyPath: array][3] = value
        let error = CheckpointError.notFinite(
          path: path, tensor: name, index: 3, bits: value.bitPattern)
        #expect(throws: error) { try snapshot.write(to: path) }
        if array == \.codes || array == \.parameters {
          #expect(throws: error) { try snapshot.model.write(to: path, overwriting: true) }
        }
        #expect(throws: CheckpointError.safetensors(.file(.missing(path: path)))) {
          try TrainingSnapshot.read(path)
        }
      }
      try SafetensorsBytes.withTemporaryPath { path in
        var snapshot = TinyModel.snapshotWithGood()
        snapshot.lastGood?[keyPath: array][3] = value
        #expect(throws: CheckpointError.self) { try snapshot.write(to: path) }
        #expect(throws: CheckpointError.safetensors(.file(.missing(path: path)))) {
          try TrainingSnapshot.read(path)
        }
      }
    }
  }

  @Test(
    "counters that no run can have are refused",
    arguments: [
      ("step=300", ""), ("step=300", "step=-1"), ("step=300", "step=300 step=300"),
      ("step=300", "step=300.5"), ("step=300", "step=9007199254740992"), ("step=300", "step"),
      ("step=300", "steps=300"), ("skipped-steps=1", "skipped-steps=x"),
      ("optimizer-step=298", "optimizer-step=301"), ("samples=12345", "samples=-1"),
      ("samples-per-ray=0.3333333333333333", "samples-per-ray=inf"),
      ("smoothed-loss=1e-300", "smoothed-loss=nan"), ("smoothed-loss=1e-300", "smoothed-loss=-1"),
      ("bad-batches=280,290", "bad-batches=280;290"), ("rollbacks=2", "rollbacks=2 more=1"),
      ("rollbacks=2", "rollbacks=99999999999999999999"),
    ])
  func malformedCounters(text: String, replacement: String) throws {
    try SafetensorsBytes.withTemporaryPath { path in
      try TinyModel.snapshot().write(to: path)
      var file = try Safetensors.read(path)
      let counters = try #require(file.metadata["hypermarch.counters"])
      let range = try #require(counters.firstRange(of: text))
      file.metadata["hypermarch.counters"] = counters.replacingCharacters(range, by: replacement)
      try Safetensors.write(file, to: path, overwriting: true)
      let error = #expect(throws: CheckpointError.self) { try TrainingSnapshot.read(path) }
      guard case .configuration(_, let key, _, _) = error else {
        Issue.record("found \(String(describing: error)), expected a fault of the counters")
        return
      }
      #expect(key.hasPrefix("counters"))
    }
  }

  @Test(
    "a tensor of the optimizer must have the shape of what it moves",
    arguments: ["first_moment", "second_moment", "code_first_moment", "code_second_moment"])
  func shapes(name: String) throws {
    let name = "optimizer.\(name)"
    let snapshot = TinyModel.snapshot()
    let count = name.contains("code") ? 6 : snapshot.point.firstMoment.count
    try expectError({ file in
      file.remove(name)
      file.tensors.append(Tensor(name: name, shape: [1], values: [1]))
    }) { .shape(path: $0, tensor: name, found: [1], expected: [count]) }
    try expectError({ $0.reshape(name, to: [1, count]) }) {
      .shape(path: $0, tensor: name, found: [1, count], expected: [count])
    }
    try expectError({ $0.remove(name) }) { .missingTensor(path: $0, tensor: name) }
  }

  @Test("there is a count of steps for every code")
  func codeSteps() throws {
    try expectError({ file in
      file.remove("optimizer.code_steps")
      file.tensors.append(
        Tensor(name: "optimizer.code_steps", shape: [3], values: [1, 2, 3]))
    }) { .shape(path: $0, tensor: "optimizer.code_steps", found: [3], expected: [2]) }
  }

  @Test("cells are those of every scene, or of none")
  func cells() throws {
    try expectError({ file in
      file.remove("optimizer.visits")
      file.tensors.append(Tensor(name: "optimizer.visits", shape: [1], values: [1]))
    }) { .shape(path: $0, tensor: "optimizer.cell_bytes", found: [2], expected: [2]) }
    try expectError({ file in
      file.remove("optimizer.cells")
      file.tensors.append(Tensor(name: "optimizer.cells", shape: [1], values: [1]))
    }) { .shape(path: $0, tensor: "optimizer.cells", found: [1], expected: [2]) }
  }

  @Test("a tensor that no optimizer has is refused")
  func unexpectedTensor() throws {
    try expectError({
      $0.tensors.append(Tensor(name: "optimizer.third_moment", shape: [0], values: []))
    }) { .unexpectedTensor(path: $0, tensor: "optimizer.third_moment") }
  }

  @Test(
    "a value that no optimizer makes is refused",
    arguments: [
      ("optimizer.second_moment", Float(-1e-30), 0...Float.greatestFiniteMagnitude),
      ("optimizer.code_second_moment", -2, 0...Float.greatestFiniteMagnitude),
      ("optimizer.code_steps", -1, 0...0x1p24),
      ("optimizer.code_steps", 0x1p25, 0...0x1p24), ("optimizer.cells", -1, 0...0xFF_FFFF),
      ("optimizer.cells", 0x1p24, 0...0xFF_FFFF), ("optimizer.visits", -1, 0...0x1p24),
      ("optimizer.norms", -1, 0...Float.greatestFiniteMagnitude),
    ])
  func values(name: String, value: Float, expected: ClosedRange<Float>) throws {
    try expectError({ $0.setValue(value, at: 1, of: name) }) {
      .value(path: $0, tensor: name, index: 1, found: value, expected: expected)
    }
  }

  @Test("a snapshot without checksums is refused, whatever program it names")
  func checksums() throws {
    try SafetensorsBytes.withTemporaryPath { path in
      let bytes = try ModelFile.bytesWithoutChecksums { $0.program = "a converter 2.0" }
      try ModelFile.write(bytes, to: path)
      #expect(throws: CheckpointError.safetensors(.missingChecksums(path: path))) {
        try TrainingSnapshot.read(path)
      }
    }
  }

  /// Reads a snapshot with a change.
  private func expectError(
    _ change: (inout SafetensorsFile) -> Void, _ error: (_ path: String) -> CheckpointError,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try SafetensorsBytes.withTemporaryPath { path in
      try TinyModel.snapshot().write(to: path)
      var file = try Safetensors.read(path)
      change(&file)
      try Safetensors.write(file, to: path, overwriting: true)
      #expect(throws: error(path), sourceLocation: sourceLocation) {
        try TrainingSnapshot.read(path)
      }
    }
  }
}

extension String {
  fileprivate func replacingCharacters(
    _ range: Range<String.Index>, by replacement: String
  ) -> String {
    String(self[..<range.lowerBound]) + replacement + String(self[range.upperBound...])
  }
}
