import NeuralFields

/// A training at one point, whole: going on from it gives the bytes that going on without it would have.
///
/// On the disk it is a model file with further tensors, `optimizer.NAME`, which a model must not have, and
/// further texts: `hypermarch.state_version` and `hypermarch.counters`.
package struct TrainingSnapshot: Sendable {
  /// The version of the file format that this code writes.
  package static let stateVersion = 2

  package var configuration: ModelConfiguration
  package var point: Point
  /// The point that the training goes back to when its numbers go wrong; nil where it is `point`.
  package var lastGood: Point?
  package var health: Health
  /// Seconds of training so far.
  package var seconds: Double
  /// Field evaluations with gradients so far.
  package var samples: Int
  /// Whether nothing is missing; false for a file of version 1, which has no knowledge of the scenes' space.
  package let isComplete: Bool

  /// Everything that a training has learned by some step.
  package struct Point: Sendable, Hashable {
    /// Of the hypernetwork, `[parameters]`, and of the scenes, `[scenes × latent width]`.
    package var parameters: [Float]
    package var codes: [Float]
    /// Adam's moments of both.
    package var firstMoment: [Float]
    package var secondMoment: [Float]
    package var codeFirstMoment: [Float]
    package var codeSecondMoment: [Float]
    /// A running mean of both, where the training keeps one.
    package var average: Average?
    /// What makes the keys of recurrent paths, where there are some.
    package var recurrence: Recurrence?
    /// How certain the codes are, where the training learns it.
    package var deviations: Deviations?
    /// Steps that the hypernetwork and each code have taken.
    package var optimizerStep: Int
    package var codeSteps: [Int]
    /// Steps done, skipped ones included.
    package var step: Int
    package var skippedSteps: Int
    /// What is known of each scene's space, in the training's own form; no scenes where nothing is.
    package var cells: [Cells] = []
    /// Running means; nil before the first step.
    package var samplesPerRay: Double?
    package var smoothedLoss: Double?

    package init(
      parameters: [Float], codes: [Float], firstMoment: [Float], secondMoment: [Float],
      codeFirstMoment: [Float], codeSecondMoment: [Float], average: Average? = nil,
      optimizerStep: Int, codeSteps: [Int], step: Int, skippedSteps: Int
    ) {
      self.parameters = parameters
      self.codes = codes
      self.firstMoment = firstMoment
      self.secondMoment = secondMoment
      self.codeFirstMoment = codeFirstMoment
      self.codeSecondMoment = codeSecondMoment
      self.average = average
      self.optimizerStep = optimizerStep
      self.codeSteps = codeSteps
      self.step = step
      self.skippedSteps = skippedSteps
    }
  }

  /// A recurrence that makes keys of moving scenes, their codes, and Adam's moments and steps of both.
  package struct Recurrence: Sendable, Hashable {
    package var parameters: [Float]
    package var codes: [Float]
    package var firstMoment: [Float]
    package var secondMoment: [Float]
    package var codeFirstMoment: [Float]
    package var codeSecondMoment: [Float]
    package var step: Int
    package var codeSteps: [Int]

    package init(
      parameters: [Float], codes: [Float], firstMoment: [Float], secondMoment: [Float],
      codeFirstMoment: [Float], codeSecondMoment: [Float], step: Int, codeSteps: [Int]
    ) {
      self.parameters = parameters
      self.codes = codes
      self.firstMoment = firstMoment
      self.secondMoment = secondMoment
      self.codeFirstMoment = codeFirstMoment
      self.codeSecondMoment = codeSecondMoment
      self.step = step
      self.codeSteps = codeSteps
    }
  }

  package struct Average: Sendable, Hashable {
    package var parameters: [Float]
    package var codes: [Float]

    package init(parameters: [Float], codes: [Float]) {
      self.parameters = parameters
      self.codes = codes
    }
  }

  /// Logarithms of the codes' deviations, and Adam's moments of them, `[scenes × latent width]` each.
  ///
  /// They have taken the steps that the codes have taken.
  package struct Deviations: Sendable, Hashable {
    package var logarithms: [Float]
    package var firstMoment: [Float]
    package var secondMoment: [Float]

    package init(logarithms: [Float], firstMoment: [Float], secondMoment: [Float]) {
      self.logarithms = logarithms
      self.firstMoment = firstMoment
      self.secondMoment = secondMoment
    }
  }

  /// One scene's space.
  package struct Cells: Sendable, Hashable {
    /// Steps that the scene took part in, and looks at its cells.
    package var visits: Int
    package var updates: Int
    package var bytes: [UInt8]

    package init(visits: Int, updates: Int, bytes: [UInt8]) {
      self.visits = visits
      self.updates = updates
      self.bytes = bytes
    }
  }

  /// How the training's numbers have gone lately.
  package struct Health: Sendable, Hashable {
    /// Norms of gradients and losses of the last good steps.
    package var norms: [Float] = []
    package var losses: [Float] = []
    package var explodedSteps = 0
    package var badBatches: [Int] = []
    package var skippedBatches = 0
    package var slowSteps = 0
    package var rollbacks = 0

    package init() {}
  }

  package init(
    configuration: ModelConfiguration, point: Point, lastGood: Point? = nil,
    health: Health = Health(), seconds: Double, samples: Int, isComplete: Bool = true
  ) {
    self.configuration = configuration
    self.point = point
    self.lastGood = lastGood
    self.health = health
    self.seconds = seconds
    self.samples = samples
    self.isComplete = isComplete
  }

  /// The number of the step among all that were taken, those that were taken back included: it only grows.
  package var number: Int { point.step + health.skippedBatches }

  /// The model of the last step.
  package var model: Checkpoint { checkpoint(point.parameters, point.codes) }

  /// The model to keep: that of the running mean where there is one, else that of the last step.
  package var result: Checkpoint {
    point.average.map { checkpoint($0.parameters, $0.codes) } ?? model
  }

  private func checkpoint(_ parameters: [Float], _ codes: [Float]) -> Checkpoint {
    Checkpoint(
      configuration: configuration,
      hypernetwork: Hypernetwork(
        architecture: configuration.hypernetwork, target: configuration.field.layout,
        parameters: parameters),
      latents: LatentTable(
        names: configuration.scenes, width: configuration.hypernetwork.latentWidth, values: codes))
  }
}
