import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './run.ts'

/** What a client connects with, in PEM. */
export interface Certificates {
  ca: string
  cert: string
  key: string
}

const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'

/** Writes `ca.crt`, `server.{crt,key}` and `client.{crt,key}` into the folder; gives the client's. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  await mkdir(folder)
  await writeFile(join(folder, 'server.ext'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
  await writeFile(join(folder, 'client.ext'), 'extendedKeyUsage=clientAuth\n')
  const openssl = (line: string) => run('openssl', line.split(' '), folder)
  await openssl(`req -x509 ${newKey} -days 2 -subj /CN=ca -keyout ca.key -out ca.crt`)
  for (const [index, name] of ['server', 'client'].entries()) {
    await openssl(`req ${newKey} -subj /CN=${name} -keyout ${name}.key -out ${name}.csr`)
    const signer = `-CA ca.crt -CAkey ca.key -set_serial ${index + 1}`
    await openssl(`x509 -req -days 2 ${signer} -in ${name}.csr -extfile ${name}.ext -out ${name}.crt`)
  }
  const read = (name: string) => readFile(join(folder, name), 'utf8')
  return { ca: await read('ca.crt'), cert: await read('client.crt'), key: await read('client.key') }
}
