import NeuralFields

/// A training's snapshot, to and from its file.
extension TrainingSnapshot {
  static let versionKey = "hypermarch.state_version"
  static let countersKey = "hypermarch.counters"
  static let prefix = "optimizer."
  static let goodPrefix = "optimizer.good."

  /// Writes the snapshot, whole or not at all.
  ///
  /// - Throws: `CheckpointError`, as `Checkpoint.write` does.
  package func write(to path: String, overwriting: Bool = true) throws(CheckpointError) {
    try configuration.check(path: path)
    var tensors = model.tensors(elementType: .float32)
    tensors += point.tensors(prefix: Self.prefix)
    var counters = CounterText()
    point.add(to: &counters, prefix: "")
    if let lastGood {
      tensors += [
        Tensor(name: Self.goodPrefix + "parameters", values: lastGood.parameters),
        Tensor(name: Self.goodPrefix + "codes", values: lastGood.codes),
      ]
      tensors += lastGood.tensors(prefix: Self.goodPrefix, besides: point)
      lastGood.add(to: &counters, prefix: "good-")
    }
    tensors += [
      Tensor(name: Self.prefix + "norms", values: health.norms),
      Tensor(name: Self.prefix + "losses", values: health.losses),
    ]
    counters.set("exploded-steps", health.explodedSteps)
    counters.set("bad-batches", health.badBatches)
    counters.set("skipped-batches", health.skippedBatches)
    counters.set("slow-steps", health.slowSteps)
    counters.set("rollbacks", health.rollbacks)
    counters.set("seconds", seconds)
    counters.set("samples", samples)
    let file = SafetensorsFile(
      tensors: tensors,
      metadata: [
        Checkpoint.metadataKey: configuration.text, Self.versionKey: "\(Self.stateVersion)",
        Self.countersKey: counters.text,
      ])
    try Checkpoint.writing(to: path) { () throws(SafetensorsError) in
      try Safetensors.write(file, to: path, overwriting: overwriting)
    }
  }

  /// Reads a snapshot, which hypermarch alone writes: it must have checksums.
  ///
  /// A file of version 1 is read too, and is not complete.
  package static func read(_ path: String) throws(CheckpointError) -> TrainingSnapshot {
    var tensors = try Checkpoint.table { () throws(SafetensorsError) in
      try SafetensorsReader(path, checksums: .required)
    }
    let metadata = tensors.metadata
    guard let version = Int(metadata[versionKey] ?? "1") else {
      throw .configuration(
        path: path, key: "state_version", found: metadata[versionKey] ?? "",
        expected: "\(stateVersion)")
    }
    guard (1...stateVersion).contains(version) else {
      throw .unsupportedVersion(path: path, found: version, expected: stateVersion)
    }
    let model = try Checkpoint(from: &tensors)
    var point = try Point(
      parameters: model.hypernetwork.parameters, codes: model.latents.values, scenes: model.latents,
      tensors: &tensors, prefix: prefix)
    var counters =
      version == 1
      ? try CounterText(version1: metadata["hypermarch.progress"], path: path)
      : try CounterText(metadata[countersKey], path: path)
    try point.take(from: &counters, prefix: "")
    point.recurrence = try Recurrence(
      of: model.configuration, tensors: &tensors, prefix: prefix)
    var snapshot = TrainingSnapshot(
      configuration: model.configuration, point: point, seconds: try counters.number("seconds"),
      samples: try counters.count("samples"), isComplete: version == stateVersion)
    if version > 1 {
      try snapshot.point.takeCells(
        of: model.configuration, tensors: &tensors, prefix: prefix, path: path)
      snapshot.health = try Health(from: &counters, tensors: &tensors)
    }
    if tensors.contains(goodPrefix + "parameters") {
      var good = try Point(
        parameters: try tensors.take(goodPrefix + "parameters", shape: [point.parameters.count]),
        codes: try tensors.take(goodPrefix + "codes", shape: [point.codes.count]),
        scenes: model.latents, tensors: &tensors, prefix: goodPrefix)
      try good.take(from: &counters, prefix: "good-")
      good.recurrence = try Recurrence(
        of: model.configuration, tensors: &tensors, prefix: goodPrefix)
      try good.takeCells(
        of: model.configuration, besides: snapshot.point, tensors: &tensors, prefix: goodPrefix,
        path: path)
      snapshot.lastGood = good
    }
    try tensors.expectEnd()
    try counters.expectEmpty()
    return snapshot
  }
}

extension Tensor {
  fileprivate init(name: String, values: [Float]) {
    self.init(name: name, shape: [values.count], values: values)
  }
}

extension TrainingSnapshot.Health {
  fileprivate init(
    from counters: inout CounterText, tensors: inout TensorTable
  ) throws(CheckpointError) {
    let finite = 0...Float.greatestFiniteMagnitude
    norms = try tensors.take(TrainingSnapshot.prefix + "norms", atMost: 1000, in: finite)
    losses = try tensors.take(TrainingSnapshot.prefix + "losses", atMost: 1000, in: finite)
    explodedSteps = try counters.count("exploded-steps")
    badBatches = try counters.counts("bad-batches", atMost: 1000)
    skippedBatches = try counters.count("skipped-batches")
    slowSteps = try counters.count("slow-steps")
    rollbacks = try counters.count("rollbacks")
  }
}

extension TrainingSnapshot.Point {
  /// All but parameters and codes.
  ///
  /// - Parameter other: a point in the same file; a scene whose bytes are the same there has none here.
  fileprivate func tensors(
    prefix: String, besides other: TrainingSnapshot.Point? = nil
  ) -> [Tensor] {
    let others = other.map { $0.cells.map(\.bytes) } ?? []
    let bytes = cells.enumerated().map { scene, cells in
      scene < others.count && others[scene] == cells.bytes ? [] : cells.bytes
    }
    func tensor(_ name: String, _ values: [Float]) -> Tensor {
      Tensor(name: prefix + name, values: values)
    }
    var tensors = [
      tensor("first_moment", firstMoment), tensor("second_moment", secondMoment),
      tensor("code_first_moment", codeFirstMoment), tensor("code_second_moment", codeSecondMoment),
      tensor("code_steps", codeSteps.map(Float.init)),
    ]
    if let average {
      tensors += [
        tensor("average", average.parameters), tensor("code_average", average.codes),
      ]
    }
    if let recurrence { tensors += recurrence.tensors(prefix: prefix) }
    if let deviations {
      tensors += [
        tensor("code_deviations", deviations.logarithms),
        tensor("code_deviation_first_moment", deviations.firstMoment),
        tensor("code_deviation_second_moment", deviations.secondMoment),
      ]
    }
    tensors += [
      tensor("cells", PackedBytes.pack(Array(bytes.joined()))),
      tensor("cell_bytes", bytes.map { Float($0.count) }),
      tensor("visits", cells.map { Float($0.visits) }),
      tensor("updates", cells.map { Float($0.updates) }),
    ]
    return tensors
  }

  fileprivate func add(to counters: inout CounterText, prefix: String) {
    counters.set(prefix + "step", step)
    counters.set(prefix + "skipped-steps", skippedSteps)
    counters.set(prefix + "optimizer-step", optimizerStep)
    if let samplesPerRay { counters.set(prefix + "samples-per-ray", samplesPerRay) }
    if let smoothedLoss { counters.set(prefix + "smoothed-loss", smoothedLoss) }
  }

  fileprivate init(
    parameters: [Float], codes: [Float], scenes: LatentTable, tensors: inout TensorTable,
    prefix: String
  ) throws(CheckpointError) {
    let (shape, codeShape) = ([parameters.count], [codes.count])
    // The root is taken of second moments, means of squares.
    let squares = 0...Float.greatestFiniteMagnitude
    self.init(
      parameters: parameters, codes: codes,
      firstMoment: try tensors.take(prefix + "first_moment", shape: shape),
      secondMoment: try tensors.take(prefix + "second_moment", shape: shape, in: squares),
      codeFirstMoment: try tensors.take(prefix + "code_first_moment", shape: codeShape),
      codeSecondMoment: try tensors.take(
        prefix + "code_second_moment", shape: codeShape, in: squares),
      optimizerStep: 0,
      codeSteps: try tensors.takeCounts(
        prefix + "code_steps", count: scenes.names.count, atMost: scenes.names.count), step: 0,
      skippedSteps: 0)
    if tensors.contains(prefix + "average") {
      average = TrainingSnapshot.Average(
        parameters: try tensors.take(prefix + "average", shape: shape),
        codes: try tensors.take(prefix + "code_average", shape: codeShape))
    }
    if tensors.contains(prefix + "code_deviations") {
      deviations = TrainingSnapshot.Deviations(
        // Beyond these no deviation is a number.
        logarithms: try tensors.take(prefix + "code_deviations", shape: codeShape, in: -80...80),
        firstMoment: try tensors.take(prefix + "code_deviation_first_moment", shape: codeShape),
        secondMoment: try tensors.take(
          prefix + "code_deviation_second_moment", shape: codeShape, in: squares))
    }
  }

  fileprivate mutating func take(
    from counters: inout CounterText, prefix: String
  ) throws(CheckpointError) {
    step = try counters.count(prefix + "step")
    skippedSteps = try counters.count(prefix + "skipped-steps")
    optimizerStep = try counters.count(prefix + "optimizer-step", atMost: step)
    samplesPerRay = try counters.numberIfPresent(prefix + "samples-per-ray")
    smoothedLoss = try counters.numberIfPresent(prefix + "smoothed-loss")
  }

  /// The most times of all moving scenes of a training.
  private static let momentLimit = 100_000

  /// Of every scene, or where scenes move of every time that they were seen at.
  fileprivate mutating func takeCells(
    of configuration: ModelConfiguration, besides other: TrainingSnapshot.Point? = nil,
    tensors: inout TensorTable, prefix: String, path: String
  ) throws(CheckpointError) {
    let sceneCount = configuration.scenes.count
    func counts(_ name: String) throws(CheckpointError) -> [Int] {
      try tensors.takeCounts(
        prefix + name, atMost: configuration.motion == nil ? sceneCount : Self.momentLimit)
    }
    let (lengths, visits, updates) = (
      try counts("cell_bytes"), try counts("visits"), try counts("updates")
    )
    var lists = PackedBytes.Lists(lengths: lengths)
    try tensors.take(
      prefix + "cells", shape: [PackedBytes.wordCount(of: lengths.reduce(0, +))],
      in: PackedBytes.wordRange
    ) { lists.append($0) }
    let count = lengths.count
    guard configuration.motion != nil || [0, sceneCount].contains(count), visits.count == count,
      updates.count == count
    else {
      throw .shape(
        path: path, tensor: prefix + "cell_bytes", found: [count], expected: [sceneCount])
    }
    for scene in 0..<count {
      let isShared = lengths[scene] == 0 && scene < other?.cells.count ?? 0
      cells.append(
        TrainingSnapshot.Cells(
          visits: visits[scene], updates: updates[scene],
          bytes: (isShared ? other?.cells[scene].bytes : nil) ?? lists.lists[scene]))
    }
  }
}
