import NeuralFields

/// A model in the middle of its training: the model, and the optimizer's state beside it.
///
/// On the disk it is a model file with further tensors, `optimizer.NAME`, which a model must not have.
package struct TrainingSnapshot: Sendable {
  package var model: Checkpoint
  /// Adam's moments of the hypernetwork, `[parameters]`.
  package var firstMoment: [Float]
  package var secondMoment: [Float]
  /// Adam's moments of the codes, `[scenes × latent width]`.
  package var codeFirstMoment: [Float]
  package var codeSecondMoment: [Float]
  /// Steps that the hypernetwork and each code have taken.
  package var optimizerStep: Int
  package var codeSteps: [Int]
  /// Steps done, skipped ones included.
  package var step: Int
  package var skippedSteps: Int
  /// Seconds of training so far.
  package var seconds: Double
  /// Field evaluations with gradients so far.
  package var samples: Int

  package init(
    model: Checkpoint, firstMoment: [Float], secondMoment: [Float], codeFirstMoment: [Float],
    codeSecondMoment: [Float], optimizerStep: Int, codeSteps: [Int], step: Int, skippedSteps: Int,
    seconds: Double, samples: Int
  ) {
    self.model = model
    self.firstMoment = firstMoment
    self.secondMoment = secondMoment
    self.codeFirstMoment = codeFirstMoment
    self.codeSecondMoment = codeSecondMoment
    self.optimizerStep = optimizerStep
    self.codeSteps = codeSteps
    self.step = step
    self.skippedSteps = skippedSteps
    self.seconds = seconds
    self.samples = samples
  }

  /// The counters, as a JSON-free text: `step skipped optimizer-step seconds samples`.
  private static let progressKey = "hypermarch.progress"

  package func write(to path: String) throws(CheckpointError) {
    func tensor(_ name: String, _ values: [Float]) -> Tensor {
      Tensor(name: "optimizer.\(name)", shape: [values.count], values: values)
    }
    let file = SafetensorsFile(
      tensors: model.tensors(elementType: .float32) + [
        tensor("first_moment", firstMoment), tensor("second_moment", secondMoment),
        tensor("code_first_moment", codeFirstMoment),
        tensor("code_second_moment", codeSecondMoment),
        tensor("code_steps", codeSteps.map(Float.init)),
      ],
      metadata: [
        Checkpoint.metadataKey: model.configurationText,
        Self.progressKey: "\(step) \(skippedSteps) \(optimizerStep) \(seconds) \(samples)",
      ])
    try Checkpoint.safetensors { () throws(SafetensorsError) in
      try Safetensors.write(file, to: path, overwriting: true)
    }
  }

  package static func read(_ path: String) throws(CheckpointError) -> TrainingSnapshot {
    let file = try Checkpoint.safetensors { () throws(SafetensorsError) in
      try Safetensors.read(path)
    }
    var modelFile = file
    modelFile.tensors.removeAll { $0.name.hasPrefix("optimizer.") }
    let model = try Checkpoint.decode(modelFile, path: path)
    var tensors = try TensorTable(
      file.tensors.filter { $0.name.hasPrefix("optimizer.") }, path: path)
    let parameterCount = model.hypernetwork.parameters.count
    let codeCount = model.latents.values.count
    let snapshot = TrainingSnapshot(
      model: model,
      firstMoment: try tensors.take("optimizer.first_moment", shape: [parameterCount]),
      secondMoment: try tensors.take("optimizer.second_moment", shape: [parameterCount]),
      codeFirstMoment: try tensors.take("optimizer.code_first_moment", shape: [codeCount]),
      codeSecondMoment: try tensors.take("optimizer.code_second_moment", shape: [codeCount]),
      optimizerStep: 0,
      codeSteps: try tensors.take("optimizer.code_steps", shape: [model.latents.names.count])
        .map { Int(min(max($0, 0), 0x1p24)) },
      step: 0, skippedSteps: 0, seconds: 0, samples: 0)
    try tensors.expectEmpty()
    return try snapshot.withProgress(file.metadata[progressKey], path: path)
  }

  private func withProgress(
    _ text: String?, path: String
  ) throws(CheckpointError) -> TrainingSnapshot {
    let words = (text ?? "").split(separator: " ")
    let limit = 1 << 53
    guard words.count == 5, let step = Int(words[0]), let skipped = Int(words[1]),
      let optimizerStep = Int(words[2]), let seconds = Double(words[3]),
      let samples = Int(words[4]), (0..<limit).contains(step), (0...step).contains(skipped),
      (0...step).contains(optimizerStep), seconds >= 0, seconds.isFinite,
      (0..<limit).contains(samples)
    else {
      throw .configuration(
        path: path, key: "progress", found: text ?? "none",
        expected: "five counters of a training run")
    }
    var snapshot = self
    snapshot.step = step
    snapshot.skippedSteps = skipped
    snapshot.optimizerStep = optimizerStep
    snapshot.seconds = seconds
    snapshot.samples = samples
    return snapshot
  }
}
