/**
 * What the cloud says about the machine that the agent runs on, for preprocessing: a snapshot, so that no stage waits.
 *
 * Sources: EC2 user guide, "Instance metadata and user data" (IMDSv2; document instance-identity); ECS developer guide,
 * "Task metadata endpoint version 4".
 */
export interface Ec2Facts {
  readonly privateIp?: string;
  readonly availabilityZone?: string;
  readonly instanceId?: string;
  readonly instanceType?: string;
  readonly accountId?: string;
  readonly amiId?: string;
  readonly region?: string;
  /** The instance's tags, where it may read them. */
  readonly tags?: Readonly<Record<string, string>>;
  /** When they were fetched. */
  readonly wallMs: number;
}

export interface EcsFacts {
  readonly cluster?: string;
  readonly taskArn?: string;
  readonly family?: string;
  readonly revision?: string;
  readonly availabilityZone?: string;
  readonly containerName?: string;
  readonly wallMs: number;
}

export interface InstanceMetadata {
  /**
   * The facts last fetched, or `undefined` while there are none (not on EC2, not yet answered). Facts older than
   * `ttlSeconds` are still returned; a refresh begins in the background.
   */
  ec2(ttlSeconds: number): Ec2Facts | undefined;
  ecs(ttlSeconds: number): EcsFacts | undefined;
}
