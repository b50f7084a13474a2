/// How the cost of work grows with its size: one row per size, one table per kind.
package struct GrowthTable: Sendable, Encodable {
  package var pixels: [Pixels] = []
  package var scenes: [Scenes] = []
  package var widths: [Widths] = []
  package var threads: [Threads] = []

  /// A square frame of the model.
  package struct Pixels: Sendable, Encodable {
    /// Pixels along an edge.
    package let edge: Int
    package let seconds: Double
    package let nanosecondsPerPixel: Double
  }

  /// A batch of the hypernetwork, and a training step of about the same samples with so many scenes.
  package struct Scenes: Sendable, Encodable {
    package let scenes: Int
    package let hypernetworkSeconds: Double
    package let trainingStepSeconds: Double
    package let trainingSamplesPerSecond: Double
  }

  /// The kernels on one thread, by the width of the hidden layers.
  package struct Widths: Sendable, Encodable {
    package let width: Int
    package let forwardNanosecondsPerSample: Double
    /// Of the measured peak.
    package let forwardShare: Double
    package let trainingNanosecondsPerSample: Double
    package let trainingShare: Double
  }

  package struct Threads: Sendable, Encodable {
    package let threads: Int
    /// Of the forward kernel of width 64, samples a second over those of one thread.
    package let kernelScaling: Double
    /// A 400×400 frame of the model, seconds.
    package let frameSeconds: Double
    /// Frames a second over those of one thread.
    package let frameScaling: Double
  }
}
