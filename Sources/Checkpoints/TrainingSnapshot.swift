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
  /// A running mean of the parameters, `[parameters]`, and of the codes, `[scenes × latent width]`, where
  /// the training keeps one.
  package var average: Average?
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

  package struct Average: Sendable, Hashable {
    package var parameters: [Float]
    package var codes: [Float]

    package init(parameters: [Float], codes: [Float]) {
      self.parameters = parameters
      self.codes = codes
    }
  }

  package init(
    model: Checkpoint, firstMoment: [Float], secondMoment: [Float], codeFirstMoment: [Float],
    codeSecondMoment: [Float], average: Average? = nil, optimizerStep: Int, codeSteps: [Int],
    step: Int, skippedSteps: Int, seconds: Double, samples: Int
  ) {
    self.model = model
    self.firstMoment = firstMoment
    self.secondMoment = secondMoment
    self.codeFirstMoment = codeFirstMoment
    self.codeSecondMoment = codeSecondMoment
    self.average = average
    self.optimizerStep = optimizerStep
    self.codeSteps = codeSteps
    self.step = step
    self.skippedSteps = skippedSteps
    self.seconds = seconds
    self.samples = samples
  }

  /// The model to keep: that of the running mean where there is one, else that of the last step.
  package var result: Checkpoint {
    guard let average else { return model }
    var result = model
    result.hypernetwork.parameters = average.parameters
    result.latents.values = average.codes
    return result
  }

  /// The counters, as a JSON-free text: `step skipped optimizer-step seconds samples`.
  private static let progressKey = "hypermarch.progress"

  private static let prefix = "optimizer."

  /// The steps of a code that a `Float` counts exactly.
  private static let codeStepRange: ClosedRange<Float> = 0...0x1p24

  /// Writes the snapshot, whole or not at all, in place of one that is there.
  ///
  /// - Throws: `CheckpointError`, as `Checkpoint.write` does.
  package func write(to path: String) throws(CheckpointError) {
    func tensor(_ name: String, _ values: [Float]) -> Tensor {
      Tensor(name: Self.prefix + name, shape: [values.count], values: values)
    }
    try model.configuration.check(path: path)
    var tensors = model.tensors(elementType: .float32)
    tensors += [
      tensor("first_moment", firstMoment), tensor("second_moment", secondMoment),
      tensor("code_first_moment", codeFirstMoment), tensor("code_second_moment", codeSecondMoment),
      tensor("code_steps", codeSteps.map(Float.init)),
    ]
    if let average {
      tensors += [
        tensor("average", average.parameters), tensor("code_average", average.codes),
      ]
    }
    let file = SafetensorsFile(
      tensors: tensors,
      metadata: [
        Checkpoint.metadataKey: model.configuration.text,
        Self.progressKey: "\(step) \(skippedSteps) \(optimizerStep) \(seconds) \(samples)",
      ])
    try Checkpoint.safetensors { () throws(SafetensorsError) in
      try Safetensors.write(file, to: path, overwriting: true)
    }
  }

  /// Reads a snapshot, which hypermarch alone writes: it must have checksums.
  package static func read(_ path: String) throws(CheckpointError) -> TrainingSnapshot {
    let file = try Checkpoint.safetensors { () throws(SafetensorsError) in
      try Safetensors.read(path, checksums: .required)
    }
    var modelFile = file
    modelFile.tensors.removeAll { $0.name.hasPrefix(prefix) }
    let model = try Checkpoint.decode(modelFile, path: path)
    var tensors = TensorTable(file.tensors.filter { $0.name.hasPrefix(prefix) }, path: path)
    let shape = [model.hypernetwork.parameters.count]
    let codeShape = [model.latents.values.count]
    // The root is taken of second moments, means of squares.
    let squares = 0...Float.greatestFiniteMagnitude
    var snapshot = TrainingSnapshot(
      model: model, firstMoment: try tensors.take(prefix + "first_moment", shape: shape),
      secondMoment: try tensors.take(prefix + "second_moment", shape: shape, in: squares),
      codeFirstMoment: try tensors.take(prefix + "code_first_moment", shape: codeShape),
      codeSecondMoment: try tensors.take(
        prefix + "code_second_moment", shape: codeShape, in: squares),
      optimizerStep: 0,
      codeSteps: try tensors.take(
        prefix + "code_steps", shape: [model.latents.names.count], in: codeStepRange
      ).map { Int($0) },
      step: 0, skippedSteps: 0, seconds: 0, samples: 0)
    if file.tensors.contains(where: { $0.name == prefix + "average" }) {
      snapshot.average = Average(
        parameters: try tensors.take(prefix + "average", shape: shape),
        codes: try tensors.take(prefix + "code_average", shape: codeShape))
    }
    try tensors.expectEmpty()
    try snapshot.readProgress(file.metadata[progressKey], path: path)
    return snapshot
  }

  private mutating func readProgress(_ text: String?, path: String) throws(CheckpointError) {
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
    self.step = step
    skippedSteps = skipped
    self.optimizerStep = optimizerStep
    self.seconds = seconds
    self.samples = samples
  }
}
