/** The region, found in AWS config files or asked from the machine's metadata. */
import { expect, it } from 'vitest';
import { resolveRegion } from '../../../src/aws/access/region.ts';
import { testEnvironment } from '../../support/fake-aws/environment.ts';
import { startFakeImds } from '../../support/fake-aws/fake-metadata.ts';

const issue = () => ({ keys: { accessKeyId: '', secretAccessKey: '', sessionToken: '' }, expiration: new Date(0) });

function region(environment: Readonly<Record<string, string | undefined>>, profile?: string) {
  return resolveRegion({ configured: undefined, target: 'logs', profile, environment });
}

it('the region is that of the profile: the config’s, AWS_PROFILE’s or the default one', async () => {
  using environment = testEnvironment({ AWS_EC2_METADATA_DISABLED: 'true' });
  environment.write('config', '[default]\nregion=eu-west-1\n[profile logs]\nregion=eu-west-2\n');
  environment.write('credentials', '[keys]\nregion=eu-west-3\n');
  const { variables } = environment;
  expect(await region(variables)).toEqual({ name: 'eu-west-1', source: 'profile' });
  expect(await region({ ...variables, AWS_PROFILE: 'logs' })).toEqual({ name: 'eu-west-2', source: 'profile' });
  expect(await region({ ...variables, AWS_PROFILE: 'logs' }, 'keys')).toEqual({ name: 'eu-west-3', source: 'profile' });
});

it('the region is that of the EC2 instance, asked for with a token, if nothing else names one', async () => {
  await using imds = await startFakeImds({ region: 'ap-south-1', issue });
  using environment = testEnvironment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.endpoint });
  expect(await region(environment.variables)).toEqual({ name: 'ap-south-1', source: 'instance metadata' });
  expect(imds.requests.map((request) => request.method)).toEqual(['PUT', 'GET']);
});

it('if nothing names a region, an error says where to set it', async () => {
  using environment = testEnvironment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:9' });
  await expect(region(environment.variables)).rejects.toMatchObject({ code: 'RegionUnknown', kind: 'blocked' });
});
