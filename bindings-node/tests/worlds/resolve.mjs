// Lets what stands elsewhere in the repository find the packages of this folder.

const here = new URL('./', import.meta.url).href

export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context)
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
    return await next(specifier, { ...context, parentURL: here })
  }
}
