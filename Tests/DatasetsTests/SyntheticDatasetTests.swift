import Datasets
import Foundation
import NeuralFields
import Testing
import VolumeRendering

@Suite("Synthetic data set")
struct SyntheticDatasetTests {
  static let bound = BoundingBox(minimum: [-1, -1, -1], maximum: [1, 1, 1])

  static func dataset(
    _ counts: (Int, Int, Int) = (4, 2, 5),
    _ change: (inout SyntheticDataset.Settings) -> Void = { _ in }
  ) -> SyntheticDataset {
    var settings = SyntheticDataset.Settings()
    (settings.width, settings.height) = (6, 4)
    (settings.trainingViewCount, settings.validationViewCount, settings.testViewCount) = counts
    change(&settings)
    return SyntheticDataset(bound: bound, settings: settings)
  }

  @Test("the protocol of Scene Representation Networks is the default")
  func defaults() {
    let dataset = SyntheticDataset(bound: Self.bound)
    #expect(dataset.viewCount(of: .train) == 50)
    #expect(dataset.viewCount(of: .test) == 251)
    #expect(abs(dataset.distance - 3.2) < 0.005)
    #expect(dataset.cameras(of: .train).allSatisfy { $0.width == 64 && $0.height == 64 })
  }

  @Test(
    "every camera stands at the distance, looks at the middle and sees its field of view",
    arguments: Split.allCases)
  func orbits(split: Split) {
    let box = BoundingBox(minimum: [0, 0, 0], maximum: [1, 2, 1])
    var settings = SyntheticDataset.Settings()
    settings.distance = 5
    settings.horizontalFieldOfView = 1
    for camera in SyntheticDataset(bound: box, settings: settings).cameras(of: split) {
      let offset = camera.position - box.centre
      #expect(abs(offset.length - 5) < 1e-5)
      #expect((offset.normalised - camera.backward).length < 1e-5)
      #expect(abs(camera.focalX - 32 / tan(0.5)) < 1e-3)
      #expect(abs(camera.right.z) < 1e-5)
      #expect(camera.up.z > -1e-5)
    }
  }

  @Test("training views lie one in each band of equal area, in an order that does not climb")
  func strata() {
    let dataset = Self.dataset((40, 8, 0))
    let heights = dataset.cameras(of: .train).map { $0.position.z / dataset.distance }
    let bands = heights.map { Int((($0 + 1) / 2 * 40).rounded(.down)) }
    #expect(zip(bands.sorted(), 0..<40).allSatisfy { abs($0 - $1) <= 1 })
    #expect(Set(bands).count >= 36)
    #expect(bands != bands.sorted())
    // The first eight are spread over both hemispheres.
    #expect(heights.prefix(8).min() ?? 0 < -0.2 && heights.prefix(8).max() ?? 0 > 0.2)
    let northern = Self.dataset((40, 0, 0)) { $0.lowestTrainingElevation = 0 }
    #expect(northern.cameras(of: .train).allSatisfy { $0.position.z >= 0 })
  }

  @Test("the same seed gives the same views, another seed or split others")
  func seeds() {
    let dataset = Self.dataset()
    #expect(Self.dataset().cameras(of: .train) == dataset.cameras(of: .train))
    let other = Self.dataset { $0.seed = 43 }
    #expect(other.cameras(of: .train) != dataset.cameras(of: .train))
    #expect(other.cameras(of: .test) == dataset.cameras(of: .test))
    #expect(dataset.cameras(of: .validation) != Array(dataset.cameras(of: .train).prefix(2)))
  }

  @Test("test views spiral from straight above down to the horizon by equal steps")
  func spiral() throws {
    let dataset = Self.dataset((0, 0, 101)) { $0.spiralTurnCount = 5 }
    let cameras = dataset.cameras(of: .test)
    let elevations = cameras.map { asin(min($0.position.z / dataset.distance, 1)) }
    #expect(abs(elevations[0] - .pi / 2) < 1e-3 && abs(elevations[100]) < 1e-5)
    for (above, below) in zip(elevations, elevations.dropFirst()).dropFirst() {
      #expect(abs(above - below - .pi / 200) < 1e-3)
    }
    for (index, camera) in cameras.enumerated().dropFirst(2) {
      let turn = atan2(camera.position.y, camera.position.x) / (2 * .pi)
      let expected = 5 * Float(index) / 100
      #expect(abs((turn - expected) - (turn - expected).rounded()) < 1e-3)
    }
    #expect(Self.dataset((1, 1, 1)).cameras(of: .test).count == 1)
  }

  @Test("the depth scale is the largest power of ten with which the bound fits 16 bits")
  func depthScale() {
    for (distance, scale) in [(3, 10_000), (7, 1000), (60, 1000), (100, 100), (0.001, 10_000)]
      as [(Float, Float)]
    {
      let dataset = Self.dataset { $0.distance = distance }
      #expect(dataset.depthScale == scale)
      #expect(dataset.depthRange.upperBound * scale <= 65_535)
      #expect(dataset.depthRange.lowerBound >= 0)
    }
  }
}
