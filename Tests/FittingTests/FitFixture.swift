import Checkpoints
import Datasets
import Fitting
import Foundation
import Imaging
import Kernels
import NeuralFields
import TestSupport
import VolumeRendering

/// A tiny model whose scenes are blobs of random shapes, and pictures of them.
enum FitFixture {
  static let field = FieldArchitecture(
    positionOctaves: 2, hiddenLayerCount: 2, width: 16, densityShift: -0.5, densityScale: 5)

  static let architecture = HypernetworkArchitecture(
    latentWidth: 5, trunkWidths: [12, 9], generator: .perLayer)

  static let view = Camera(
    orbitAzimuth: -1, elevation: 0.4, distance: 3, horizontalFieldOfView: 0.8, width: 24,
    height: 24)

  static let checkpoint: Checkpoint = {
    let network = TinyModels.variedHypernetwork(.perLayer, target: field.layout, seed: 3)
    var random = SeededGenerator(seed: 4)
    let names = (0..<8).map { "scene \($0)" }
    let configuration = ModelConfiguration(
      program: "test", field: field, hypernetwork: architecture, bound: TinyModels.cube, near: 0,
      scenes: names,
      defaultView: ModelConfiguration.DefaultView(
        width: 24, height: 24, fieldOfView: 0.8 * 180 / .pi,
        worldFromCamera: (0..<3).map {
          [view.right[$0], view.up[$0], view.backward[$0], view.position[$0]]
        }, target: .zero))
    return Checkpoint(
      configuration: configuration, hypernetwork: network,
      latents: LatentTable(
        names: names, width: 5, standardDeviation: 0.6, generator: &random))
  }()

  static let model = FitModel(checkpoint, threadCount: 2)

  static let settings: FitSettings = {
    var settings = FitSettings()
    settings.samplesPerDiagonal = 32
    settings.startCount = 2
    settings.startSteps = 15
    settings.codeSteps = 90
    settings.raysPerStep = 256
    settings.refineSteps = 80
    settings.refineRank = 3
    settings.search.azimuthCount = 8
    settings.search.elevations = [0, 40]
    settings.search.codeCount = 3
    settings.search.pictureSide = 12
    settings.search.firstCount = 4
    settings.search.secondCount = 2
    settings.search.firstSteps = 10
    settings.search.secondSteps = 10
    settings.search.lastSteps = 10
    settings.search.raysPerStep = 128
    return settings
  }()

  static func camera(_ index: Int, size: Int = 24) -> Camera {
    Camera(
      orbitAzimuth: 2.1 * Float(index) + 0.3, elevation: 0.5, distance: 3,
      horizontalFieldOfView: 0.8, width: size, height: size)
  }

  static func renderer(samples: Int = 64) -> Renderer {
    Renderer(settings: RenderSettings(samplesPerDiagonal: samples, threadCount: 2))
  }

  /// What cameras see of a field, with alpha.
  static func views(
    of field: some RadianceField, count: Int, size: Int = 24
  ) -> [Fitter.View] {
    let grid = OccupancyGrid(of: field, resolution: 32, threadCount: 2)
    return (0..<count).map { index in
      let camera = camera(index, size: size)
      let image = renderer().render(field, camera: camera, grid: grid).transparentPicture
      return (FitPicture(image, background: .automatic), camera)
    }
  }
}
