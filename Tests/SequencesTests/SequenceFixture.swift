import Checkpoints
import Datasets
import Kernels
import NeuralFields
import Sequences
import TestSupport
import VolumeRendering

/// A model of a few hundred parameters whose scenes differ, and a path through them.
enum SequenceFixture {
  static let names = ["a", "b", "c"]

  static let model: Checkpoint = {
    let field = TinyModels.field()
    let architecture = HypernetworkArchitecture(
      latentWidth: 5, trunkWidths: [12, 9], generator: .perLayer)
    let configuration = ModelConfiguration(
      program: "hypermarch 0.1.0", field: field, hypernetwork: architecture,
      bound: TinyModels.cube, near: 0, scenes: names,
      defaultView: ModelConfiguration.DefaultView(
        width: 24, height: 16, fieldOfView: 50,
        worldFromCamera: [[1, 0, 0, 0], [0, 0, -1, -3], [0, 1, 0, 0]], target: .zero))
    var random = SeededGenerator(seed: 5)
    return Checkpoint(
      configuration: configuration,
      hypernetwork: TinyModels.variedHypernetwork(.perLayer, target: field.layout, seed: 11),
      latents: LatentTable(
        names: names, width: 5, standardDeviation: 1.5, generator: &random))
  }()

  static let library = LatentLibrary(model)

  static let camera = Camera(
    lookingFrom: [0, -3, 0.5], at: .zero, horizontalFieldOfView: 0.9, width: 24, height: 16)

  /// From scene to scene, resting at the middle one.
  static func path(frameCount: Int, hold: Double = 0, easing: Easing = .smooth) -> SequencePath {
    SequencePath(
      frames: SequenceFrames(count: frameCount, closes: false),
      latent: LatentTrack(
        mixes: names.map { LatentMix(.scene($0)) },
        times: KeyTimes(count: 3, over: 0...1, hold: hold, easing: easing, closes: false)),
      camera: .still(camera), range: 0...1)
  }

  static func probe(threadCount: Int = 2) -> SequenceProbe {
    SequenceProbe(model: model, library: library, threadCount: threadCount)
  }
}
