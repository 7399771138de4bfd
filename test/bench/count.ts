import type { Sandbox } from '../netns/sandbox.ts';
import { NODE } from './machine.ts';

/**
 * Makes every program of the sandbox tell when Node starts it: all names in /usr/bin and /usr/sbin become a script
 * that writes its own name down if its parent is Node, and then runs the real program. The folders are the sandbox's
 * own, and nothing can be started from them without being counted.
 */
export const countProcesses = (box: Sandbox): void => {
  box.sh(['bin', 'sbin'].map(shadow).join('\n'));
};

/** What Node has started since the last call; a name that is a link to another counts once. */
export const startedByNode = (box: Sandbox): string[] => {
  const lines = box.sh('touch /run/started; cat /run/started; : >/run/started').trimEnd().split('\n');
  const started = new Map(
    lines.map((line): [string, string] => {
      const space = line.indexOf(' ');
      return [line.slice(0, space), line.slice(space + 1)];
    }),
  );
  return [...started.values()];
};

/** Where the Node binary is found once its folder is shadowed. */
const REAL_NODE = NODE.replace(/^\/usr\/(s?bin)\//, '/run/real/$1/');

const shadow = (folder: string): string => `
mkdir -p /run/real/${folder} /run/shadow/${folder}
mount --bind /usr/${folder} /run/real/${folder}
cat >/run/shadow/${folder}.sh <<'END'
#!/run/real/bin/dash
name=\${0##*/}
[ $PPID != ${process.pid} ] && [ /proc/$PPID/exe -ef ${REAL_NODE} ] && echo "$$ $name $*" >>/run/started
exec /run/real/${folder}/$name "$@"
END
chmod 755 /run/shadow/${folder}.sh
cd /run/real/${folder} && for name in *; do /run/real/bin/ln -s /run/shadow/${folder}.sh "/run/shadow/${folder}/$name"; done
/run/real/bin/mount --bind /run/shadow/${folder} /usr/${folder}
`;
