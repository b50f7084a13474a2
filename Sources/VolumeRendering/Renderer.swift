import Kernels
package import NeuralFields

/// Renders whole pictures: tiles in parallel.
package struct Renderer: Sendable {
  package let settings: RenderSettings

  package init(settings: RenderSettings) {
    self.settings = settings
  }

  /// Renders what a camera sees of a field.
  ///
  /// - Parameter grid: the field's occupancy; cells that are not occupied are never sampled.
  package func render(
    _ field: any RadianceField, camera: Camera, grid: OccupancyGrid
  ) -> RenderedImage {
    let tiles = Tile.covering(
      width: camera.width, height: camera.height, size: settings.tileSize)
    var marchers = [RayMarcher](
      repeating: RayMarcher(settings: settings), count: min(settings.threadCount, tiles.count))
    let results = ParallelLoop.map(count: tiles.count, workspaces: &marchers) { index, marcher in
      marcher.march(tiles[index], camera: camera, field: field, grid: grid)
    }
    return assemble(results, width: camera.width, height: camera.height)
  }

  private func assemble(
    _ results: [RayMarcher.TileResult], width: Int, height: Int
  ) -> RenderedImage {
    let count = width * height
    var image = RenderedImage(
      width: width, height: height, radiance: [SIMD3<Float>](repeating: .zero, count: count),
      opacity: [Float](repeating: 0, count: count), depth: [Float](repeating: 0, count: count),
      normals: settings.makesNormals ? [SIMD3<Float>](repeating: .zero, count: count) : [],
      statistics: RenderStatistics())
    for result in results {
      image.statistics.marchedRayCount += result.marchedRayCount
      image.statistics.sampleCount += result.sampleCount
      var source = 0
      for row in result.tile.rows {
        for column in result.tile.columns {
          let pixel = row * width + column
          let ray = result.accumulators[source]
          if ray.radiance.sum().isFinite && ray.expectedDepth.isFinite {
            image.radiance[pixel] = ray.radiance
            image.opacity[pixel] = ray.opacity
            image.depth[pixel] = ray.expectedDepth
            if settings.makesNormals { image.normals[pixel] = result.normals[source] }
          } else {
            image.statistics.nonFinitePixelCount += 1
          }
          source += 1
        }
      }
    }
    return image
  }
}
