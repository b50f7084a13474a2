import Checkpoints
import Files
import NeuralFields
import Testing

@Suite("Training snapshot")
struct TrainingSnapshotTests {
  @Test("a snapshot comes back as it was written")
  func roundTrip() throws {
    try SafetensorsBytes.withTemporaryPath { path in
      let snapshot = TinyModel.snapshot()
      try snapshot.write(to: path)
      let read = try TrainingSnapshot.read(path)
      #expect(read.model.configuration == snapshot.model.configuration)
      #expect(read.model.hypernetwork.parameters == snapshot.model.hypernetwork.parameters)
      #expect(read.model.latents == snapshot.model.latents)
      #expect(read.firstMoment == snapshot.firstMoment)
      #expect(read.secondMoment == snapshot.secondMoment)
      #expect(read.codeFirstMoment == snapshot.codeFirstMoment)
      #expect(read.codeSecondMoment == snapshot.codeSecondMoment)
      #expect(read.optimizerStep == 298)
      #expect(read.codeSteps == [150, 1 << 24])
      #expect(read.step == 300)
      #expect(read.skippedSteps == 1)
      #expect(read.seconds == 0.1 + 0.2)
      #expect(read.samples == 12_345)
    }
  }

  @Test("a running mean comes back too, and is the training's result")
  func average() throws {
    try SafetensorsBytes.withTemporaryPath { path in
      var snapshot = TinyModel.snapshot()
      #expect(snapshot.result.latents == snapshot.model.latents)
      let average = TrainingSnapshot.Average(
        parameters: snapshot.firstMoment, codes: [1, 2, 3, 4, 5, 6])
      snapshot.average = average
      try snapshot.write(to: path)
      let read = try TrainingSnapshot.read(path)
      #expect(read.average == average)
      #expect(read.model.latents == TinyModel.snapshot().model.latents)
      #expect(read.result.hypernetwork.parameters == average.parameters)
      #expect(read.result.latents.values == average.codes)
      #expect(read.result.configuration == snapshot.model.configuration)
    }
    try expectError({ file in
      file.tensors.append(Tensor(name: "optimizer.average", shape: [1], values: [1]))
    }) {
      .shape(
        path: $0, tensor: "optimizer.average", found: [1],
        expected: [TinyModel.snapshot().firstMoment.count])
    }
    try expectError({ file in
      file.tensors.append(Tensor(name: "optimizer.code_average", shape: [1], values: [1]))
    }) { .unexpectedTensor(path: $0, tensor: "optimizer.code_average") }
  }

  @Test("writing replaces the snapshot before, and the same gives the same bytes")
  func replacing() throws {
    try SafetensorsBytes.withTemporaryPath { path in
      var snapshot = TinyModel.snapshot()
      try snapshot.write(to: path)
      let bytes = try ModelFile.bytes(at: path)
      snapshot.step += 1
      try snapshot.write(to: path)
      #expect(try TrainingSnapshot.read(path).step == 301)
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
          path: path, tensor: "optimizer.code_first_moment")
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
      snapshot.model.configuration.near = -1
      #expect(
        throws: CheckpointError.configuration(
          path: path, key: "near", found: "-1.0", expected: "0.0…1000000.0")
      ) { try snapshot.write(to: path) }
      snapshot = TinyModel.snapshot()
      snapshot.firstMoment[3] = .nan
      #expect(
        throws: CheckpointError.safetensors(
          .nonFinite(
            path: path, tensor: "optimizer.first_moment", index: 3, bits: Float.nan.bitPattern))
      ) { try snapshot.write(to: path) }
      #expect(throws: CheckpointError.safetensors(.file(.missing(path: path)))) {
        try TrainingSnapshot.read(path)
      }
    }
  }

  @Test(
    "counters that no run can have are refused",
    arguments: [
      nil, "", "300 1 298 0.3", "300 1 298 0.3 12345 6", "x 1 298 0.3 12345",
      "300 1 298 soon 12345",
      "-1 0 0 0 0", "300 301 298 0.3 12345", "300 -1 298 0.3 12345", "300 1 301 0.3 12345",
      "300 1 298 -0.5 12345", "300 1 298 nan 12345", "300 1 298 inf 12345", "300 1 298 0.3 -1",
      "300.5 1 298 0.3 12345", "9007199254740992 0 0 0 0", "300 1 298 0.3 9007199254740992",
      "99999999999999999999 1 298 0.3 12345",
    ])
  func malformedProgress(text: String?) throws {
    try expectError({ $0.metadata["hypermarch.progress"] = text }) {
      .configuration(
        path: $0, key: "progress", found: text ?? "none",
        expected: "five counters of a training run")
    }
  }

  @Test(
    "a tensor of the optimizer must have the shape of what it moves",
    arguments: ["first_moment", "second_moment", "code_first_moment", "code_second_moment"])
  func shapes(name: String) throws {
    let name = "optimizer.\(name)"
    let snapshot = TinyModel.snapshot()
    let count = name.contains("code") ? 6 : snapshot.firstMoment.count
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
      ("optimizer.code_steps", 0x1p25, 0...0x1p24),
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
